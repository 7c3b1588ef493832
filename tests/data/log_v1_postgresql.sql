CREATE TABLE public.calls (
    id character varying NOT NULL COLLATE pg_catalog."C",
    comparison_id character varying NOT NULL COLLATE pg_catalog."C",
    slot integer NOT NULL,
    "user" character varying COLLATE pg_catalog."C",
    started_at character varying NOT NULL COLLATE pg_catalog."C",
    provider character varying NOT NULL COLLATE pg_catalog."C",
    model character varying NOT NULL COLLATE pg_catalog."C",
    route character varying NOT NULL COLLATE pg_catalog."C",
    deployment character varying COLLATE pg_catalog."C",
    endpoint_host character varying COLLATE pg_catalog."C",
    status character varying NOT NULL COLLATE pg_catalog."C",
    error_type character varying COLLATE pg_catalog."C",
    error_message character varying COLLATE pg_catalog."C",
    finish_reason character varying COLLATE pg_catalog."C",
    answer text NOT NULL,
    reasoning text NOT NULL,
    input_tokens bigint,
    output_tokens bigint,
    cached_input_tokens bigint,
    reasoning_tokens bigint,
    load_ms double precision,
    connect_ms double precision,
    headers_ms double precision,
    ttft_ms double precision,
    ttfat_ms double precision,
    total_ms double precision,
    tpot_ms double precision,
    chunks bigint NOT NULL,
    gap_p50_ms double precision,
    gap_p95_ms double precision,
    gap_max_ms double precision,
    attempts integer NOT NULL,
    retry_wait_ms double precision NOT NULL,
    failed_over_from character varying COLLATE pg_catalog."C",
    detour_ms double precision,
    cost_usd double precision,
    price_source character varying COLLATE pg_catalog."C",
    simulated boolean NOT NULL,
    request_id character varying COLLATE pg_catalog."C"
);
CREATE TABLE public.comparisons (
    id character varying NOT NULL COLLATE pg_catalog."C",
    created_at character varying NOT NULL COLLATE pg_catalog."C",
    "user" character varying COLLATE pg_catalog."C",
    prompt text NOT NULL,
    system text,
    params text NOT NULL,
    slots integer NOT NULL
);
CREATE TABLE public.preferences (
    "user" character varying NOT NULL COLLATE pg_catalog."C",
    name character varying NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL
);
CREATE TABLE public.schema_version (
    version integer NOT NULL
);
INSERT INTO public.calls VALUES ('c7fd7471e02542e0b44a5341fa26ecba', '884a3c2cd66f4d418f0798995ce2c5af', 0, 'ada', '2026-11-23T10:00:00.123+00:00', 'openai', 'gpt-4o', 'azure', 'prod', 'x.services.ai.azure.com', 'stopped', 'TimedOut', 'No data for 60 s.', 'stop', 'Grüße 👩‍🚀﷐ ; it''s "quoted"
and goes on	\ '''' -- %s :name', '日本語 ﷐﷐', 11, 22, 3, 4, 0.5, 1.25, 2.5, 100.125, 200.25, 1000.1, 16.7, 20, 16.6, 20.5, 33.3, 2, 1200, 'y.services.ai.azure.com', 0.30000000000000004, 0.000123, 'genai-prices', true, 'req-1');
INSERT INTO public.calls VALUES ('f8f1dc0ff8fc4ce7bfc52257c2775bdc', '884a3c2cd66f4d418f0798995ce2c5af', 1, 'ada', '2026-11-23T10:00:01.000+00:00', 'mistral', 'small', 'direct', NULL, 'api.mistral.ai', 'error', 'ProviderDown', 'mistral/small at api.mistral.ai closed the connection.', NULL, 'Half an ans', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 33, NULL, 0, NULL, NULL, NULL, 3, 0, NULL, NULL, NULL, NULL, false, NULL);
INSERT INTO public.calls VALUES ('125639179e274b67b057cf7889538b35', '884a3c2cd66f4d418f0798995ce2c5af', 2, 'ada', '2026-11-23T10:00:02.500+00:00', 'local', 'smol', 'local', NULL, NULL, 'ok', NULL, NULL, NULL, 'Because.', '', 7, 1099511627776, 0, 0, 1234.5, NULL, NULL, 1e-07, NULL, 1e+15, NULL, 0, NULL, NULL, NULL, 1, 0, NULL, NULL, NULL, NULL, false, NULL);
INSERT INTO public.comparisons VALUES ('884a3c2cd66f4d418f0798995ce2c5af', '2026-11-25T08:48:28.515+00:00', 'ada', 'Why? 😀﷐', 'Be ﷐ brief.', '{"temperature": 0.5, "models": ["openai/gpt-4o"], "note": "\u00e9\u0000"}', 3);
INSERT INTO public.comparisons VALUES ('1d1bf7c7a8d9464da3a1f72a3b8eeabf', '2026-11-25T08:48:28.515+00:00', NULL, 'Cut off', NULL, '{}', 2);
INSERT INTO public.preferences VALUES ('', 'deadline_s', '90.5');
INSERT INTO public.preferences VALUES ('', 'deployment openai/gpt-4o', '{"name": "ours", "wire": null}');
INSERT INTO public.preferences VALUES ('ada', 'temperature', '0');
INSERT INTO public.preferences VALUES ('ada', 'note', '"\u00e9 \ud83d\ude00"');
INSERT INTO public.schema_version VALUES (1);
ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.comparisons
    ADD CONSTRAINT comparisons_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.preferences
    ADD CONSTRAINT preferences_pkey PRIMARY KEY ("user", name);
CREATE INDEX calls_by_comparison ON public.calls USING btree (comparison_id, slot);
CREATE INDEX calls_by_model ON public.calls USING btree (provider, model, route, started_at, simulated, status, cost_usd, input_tokens, output_tokens, ttft_ms, total_ms, tpot_ms);
CREATE INDEX calls_by_time ON public.calls USING btree (started_at, id);
CREATE INDEX calls_by_total_ms ON public.calls USING btree (provider, model, route, status, total_ms, started_at, simulated);
CREATE INDEX calls_by_tpot_ms ON public.calls USING btree (provider, model, route, status, tpot_ms, started_at, simulated);
CREATE INDEX calls_by_ttft_ms ON public.calls USING btree (provider, model, route, status, ttft_ms, started_at, simulated);
CREATE INDEX comparisons_by_time ON public.comparisons USING btree (created_at, id);
ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_comparison_id_fkey FOREIGN KEY (comparison_id) REFERENCES public.comparisons(id);
