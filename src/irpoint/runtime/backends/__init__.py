"""What a network runs in: ONNX Runtime, OpenVINO, or a filter without a network."""
