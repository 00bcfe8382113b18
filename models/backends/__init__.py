"""One module an engine; the only folder that imports torch, OpenVINO or MLX."""
