"""Latency and cost: what the logged calls say of each model, over a chosen time and route."""
import streamlit as st
st.title("Latency and cost", anchor=False)
