"""Where torch computes."""


def torch_device(device: str) -> str:
    """Return the torch device, the GPU for "auto" where there is one."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device='cuda', but torch finds no GPU: use device='cpu' or device='auto'.")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device
