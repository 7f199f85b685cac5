"""The dashboard: Streamlit pages over the published file."""
