"""Golden values of Hugging Face's ViTMAEForPreTraining: a small random model, a batch and its noise; mask, prediction, loss, every
gradient, and ten steps of AdamW.

python make_mae.py          writes hf-mae/                    (torch 2.13.0+cpu, transformers 5.23.0, safetensors)
python make_mae.py FOLDER   opens a folder that Diptych wrote from hf-mae and checks that it predicts the same
"""
import os, sys
import torch
from safetensors.torch import load_file, save_file
from transformers import ViTMAEConfig, ViTMAEForPreTraining

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hf-mae")

if len(sys.argv) > 1:
    golden = load_file(os.path.join(here, "golden.safetensors"))
    model, report = ViTMAEForPreTraining.from_pretrained(sys.argv[1], output_loading_info=True)
    out = model(golden["pixels"], noise=golden["noise"])
    worst = (out.logits - golden["prediction"]).abs().max().item()
    print({k: v for k, v in report.items() if v}, "loss", out.loss.item(), "of", golden["loss"].item(), "worst prediction", worst)
    wrong = any(report[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    sys.exit(1 if worst > 1e-5 or wrong else 0)

torch.manual_seed(0)
os.makedirs(here, exist_ok=True)
config = ViTMAEConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=48, image_size=16, patch_size=4,
    decoder_hidden_size=16, decoder_num_hidden_layers=2, decoder_num_attention_heads=2, decoder_intermediate_size=32,
    mask_ratio=0.75, norm_pix_loss=True, layer_norm_eps=1e-6)
model = ViTMAEForPreTraining(config).train()
model.decoder.initialize_weights(16)       # transformers 5 leaves a new model's decoder positions at zero
with torch.no_grad():                      # biases and gains away from 0 and 1, so that a mix-up shows
    for p in model.parameters():
        if p.requires_grad and (p.ndim <= 1 or p.shape[0] == 1): p.add_(torch.randn_like(p)*0.1)
model.save_pretrained(here)
B = 4
pixels, noise = torch.randn(B, 3, 16, 16), torch.rand(B, 16)
out = model(pixels, noise=noise)
out.loss.backward()
golden = dict(pixels=pixels, noise=noise, mask=out.mask, ids_restore=out.ids_restore.float(), prediction=out.logits.detach(), loss=out.loss.detach())
# A name a tensor of the file: save_pretrained renames modules.
names = {}
saved = load_file(os.path.join(here, "model.safetensors"))
for name, p in model.named_parameters():
    same = [k for k, v in saved.items() if v.shape == p.shape and torch.equal(v, p) and k not in names.values()]
    names[name] = next((k for k in same if k.split(".")[-1] == name.split(".")[-1]), None) or sys.exit(f"{name} is not in the file")
    if p.grad is not None: golden["gradient." + names[name]] = p.grad.clone()
plain = lambda p: p.ndim <= 1 or p.shape[0] == 1
opt = torch.optim.AdamW([dict(params=[p for p in model.parameters() if not plain(p)], weight_decay=0.05),
                         dict(params=[p for p in model.parameters() if plain(p)], weight_decay=0.0)], lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
losses = []
for _ in range(10):
    opt.zero_grad(); loss = model(pixels, noise=noise).loss; losses.append(loss.item()); loss.backward(); opt.step()
golden["losses"] = torch.tensor(losses)
save_file({k: v.contiguous() for k, v in golden.items()}, os.path.join(here, "golden.safetensors"))
print(losses, *saved, sep="\n")
