"""One module an engine; the only folder that imports torch, OpenVINO, MLX or llama.cpp."""
