"""The demo's data: fictitious people in every state, made by going through the real actions and moves."""
