"""The backends that run a model: ONNX Runtime, OpenVINO, or a filter without a network."""
