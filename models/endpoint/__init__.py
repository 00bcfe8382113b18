"""Models that another program serves over HTTP, as OpenAI's API is spoken by Ollama, llama-server and others."""
