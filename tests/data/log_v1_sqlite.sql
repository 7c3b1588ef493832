BEGIN TRANSACTION;
CREATE TABLE calls (
	id TEXT NOT NULL, 
	comparison_id TEXT NOT NULL, 
	slot INTEGER NOT NULL, 
	user TEXT, 
	started_at TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	model TEXT NOT NULL, 
	route TEXT NOT NULL, 
	deployment TEXT, 
	endpoint_host TEXT, 
	status TEXT NOT NULL, 
	error_type TEXT, 
	error_message TEXT, 
	finish_reason TEXT, 
	answer TEXT NOT NULL, 
	reasoning TEXT NOT NULL, 
	input_tokens BIGINT, 
	output_tokens BIGINT, 
	cached_input_tokens BIGINT, 
	reasoning_tokens BIGINT, 
	load_ms DOUBLE, 
	connect_ms DOUBLE, 
	headers_ms DOUBLE, 
	ttft_ms DOUBLE, 
	ttfat_ms DOUBLE, 
	total_ms DOUBLE, 
	tpot_ms DOUBLE, 
	chunks BIGINT NOT NULL, 
	gap_p50_ms DOUBLE, 
	gap_p95_ms DOUBLE, 
	gap_max_ms DOUBLE, 
	attempts INTEGER NOT NULL, 
	retry_wait_ms DOUBLE NOT NULL, 
	failed_over_from TEXT, 
	detour_ms DOUBLE, 
	cost_usd DOUBLE, 
	price_source TEXT, 
	simulated BOOLEAN NOT NULL, 
	request_id TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(comparison_id) REFERENCES comparisons (id)
);
INSERT INTO "calls" VALUES('6a71d18f2279451782ac58caa92d9dba','5628f61a4982430a876e90bb15abca2d',0,'ada','2026-11-23T10:00:00.123+00:00','openai','gpt-4o','azure','prod','x.services.ai.azure.com','stopped','TimedOut','No data for 60 s.','stop','Grüße 👩‍🚀﷐ ; it''s "quoted"
and goes on	\ '''' -- %s :name','日本語 ﷐﷐',11,22,3,4,0.5,1.25,2.5,100.125,200.25,1000.1,16.7,20,16.6,20.5,33.3,2,1200.0,'y.services.ai.azure.com',3.00000000000000044408e-01,0.000123,'genai-prices',1,'req-1');
INSERT INTO "calls" VALUES('ec8ab5b764fa4bd388a2ee89f1d5eae5','5628f61a4982430a876e90bb15abca2d',1,'ada','2026-11-23T10:00:01.000+00:00','mistral','small','direct',NULL,'api.mistral.ai','error','ProviderDown','mistral/small at api.mistral.ai closed the connection.',NULL,'Half an ans','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,33.0,NULL,0,NULL,NULL,NULL,3,0.0,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "calls" VALUES('46b63b81030c4c918a2f03749a434226','5628f61a4982430a876e90bb15abca2d',2,'ada','2026-11-23T10:00:02.500+00:00','local','smol','local',NULL,NULL,'ok',NULL,NULL,NULL,'Because.','',7,1099511627776,0,0,1234.5,NULL,NULL,1.0e-07,NULL,1.0e+15,NULL,0,NULL,NULL,NULL,1,0.0,NULL,NULL,NULL,NULL,0,NULL);
CREATE TABLE comparisons (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	user TEXT, 
	prompt TEXT NOT NULL, 
	system TEXT, 
	params TEXT NOT NULL, 
	slots INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "comparisons" VALUES('5628f61a4982430a876e90bb15abca2d','2026-11-25T08:48:27.250+00:00','ada','Why? 😀﷐','Be ﷐ brief.','{"temperature": 0.5, "models": ["openai/gpt-4o"], "note": "\u00e9\u0000"}',3);
INSERT INTO "comparisons" VALUES('ea8250965f4d4dc69940bf03e8082f39','2026-11-25T08:48:27.250+00:00',NULL,'Cut off',NULL,'{}',2);
CREATE TABLE preferences (
	user TEXT NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (user, name)
);
INSERT INTO "preferences" VALUES('','deadline_s','90.5');
INSERT INTO "preferences" VALUES('','deployment openai/gpt-4o','{"name": "ours", "wire": null}');
INSERT INTO "preferences" VALUES('ada','temperature','0');
INSERT INTO "preferences" VALUES('ada','note','"\u00e9 \ud83d\ude00"');
CREATE TABLE schema_version (
	version INTEGER NOT NULL
);
INSERT INTO "schema_version" VALUES(1);
CREATE INDEX comparisons_by_time ON comparisons (created_at, id);
CREATE INDEX calls_by_comparison ON calls (comparison_id, slot);
CREATE INDEX calls_by_time ON calls (started_at, id);
CREATE INDEX calls_by_tpot_ms ON calls (provider, model, route, status, tpot_ms, started_at, simulated);
CREATE INDEX calls_by_model ON calls (provider, model, route, started_at, simulated, status, cost_usd, input_tokens, output_tokens, ttft_ms, total_ms, tpot_ms);
CREATE INDEX calls_by_ttft_ms ON calls (provider, model, route, status, ttft_ms, started_at, simulated);
CREATE INDEX calls_by_total_ms ON calls (provider, model, route, status, total_ms, started_at, simulated);
COMMIT;
