"""Models that another program serves over HTTP with OpenAI's API: Ollama, llama-server and others."""
