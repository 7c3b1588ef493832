"""The dashboard: pages, and the sidebar with the routing toggle."""

from pathlib import Path

import streamlit as st

from pages._shared import parts, scroll, session, sidebar, warm

HERE = Path(__file__).parent / "pages" / "_shared"

parts.from_the_top()
st.set_page_config(
    page_title="LLMSelect",
    page_icon=str(HERE / "icon.svg"),
    layout="wide",
    menu_items={"About": "LLMSelect puts one prompt to several models side by side."},
)
PAGES = [
    st.Page("pages/compare.py", title="Compare", icon=":material/view_column:", default=True),
    st.Page("pages/chat.py", title="Chat", icon=":material/chat:"),
    st.Page("pages/prompt_sets.py", title="Prompt sets", icon=":material/checklist:"),
    st.Page("pages/route_lab.py", title="Route lab", icon=":material/alt_route:"),
    st.Page("pages/leaderboard.py", title="Leaderboard", icon=":material/trophy:"),
    st.Page("pages/insights.py", title="Insights", icon=":material/insights:"),
    st.Page("pages/history.py", title="History", icon=":material/history:"),
    st.Page("pages/settings.py", title="Settings", icon=":material/settings:"),
]
page = st.navigation(PAGES, position="hidden")
st.logo(HERE / "logo.svg", size="large", icon_image=HERE / "icon.svg")
st.html(HERE / "style.css")
scroll.by_keyboard()
app = session.app()
sidebar.draw(app, PAGES, page.url_path)
page.run()
warm.pages(app)
