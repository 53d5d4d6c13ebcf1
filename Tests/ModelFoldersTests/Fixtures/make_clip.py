"""Golden values of Hugging Face's CLIPModel: a small random model, a batch, its features, loss, gradients and ten steps.

python make_clip.py      (torch 2.13.0+cpu, transformers as pinned by pip at that time; prints its versions)
"""
import json, os
import torch, transformers
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

print(torch.__version__, transformers.__version__)
torch.manual_seed(0)
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hf-clip")
os.makedirs(here, exist_ok=True)
config = CLIPConfig(
    text_config=CLIPTextConfig(vocab_size=60, hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=9, hidden_act="quick_gelu", eos_token_id=59, bos_token_id=58, pad_token_id=59, projection_dim=16).to_dict(),
    vision_config=CLIPVisionConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        image_size=24, patch_size=8, hidden_act="quick_gelu", projection_dim=16).to_dict(),
    projection_dim=16)
model = CLIPModel(config).train()
with torch.no_grad():                      # biases and gains away from 0 and 1, so that a mix-up shows
    for p in model.parameters():
        if p.ndim <= 1 and p.numel() > 1: p.add_(torch.randn_like(p)*0.1)
model.save_pretrained(here)
B = 5
pixels = torch.randn(B, 3, 24, 24)
ids = torch.randint(1, 57, (B, 9)); ids[:, 0] = 58
for row, end in enumerate([4, 8, 2, 6, 5]): ids[row, end:] = 59
golden = dict(pixels=pixels.flatten().tolist(), ids=ids.flatten().tolist(), batch=B)
out = model(input_ids=ids, pixel_values=pixels, return_loss=True)
golden.update(image=out.image_embeds.flatten().tolist(), text=out.text_embeds.flatten().tolist(),
    logits=out.logits_per_image.flatten().tolist(), loss=out.loss.item())
out.loss.backward()
golden["gradient_norms"] = {n: p.grad.norm().item() for n, p in model.named_parameters()}
opt = torch.optim.AdamW([dict(params=[p for p in model.parameters() if p.ndim > 1], weight_decay=0.1),
                         dict(params=[p for p in model.parameters() if p.ndim <= 1], weight_decay=0.0)], lr=1e-3, betas=(0.9, 0.98), eps=1e-6)
losses = []
for _ in range(10):
    opt.zero_grad(); loss = model(input_ids=ids, pixel_values=pixels, return_loss=True).loss
    losses.append(loss.item()); loss.backward(); opt.step()
golden["losses"] = losses
json.dump(golden, open(os.path.join(here, "golden.json"), "w"))
