"""Golden values of Hugging Face's CLIPModel: a small random model, a batch, its features, loss, gradients and ten steps.

python make_clip.py      (torch 2.13.0+cpu, transformers 5.23)
"""
import os
import torch, transformers
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig
import golden

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
golden.perturb(model)
model.save_pretrained(here)
B = 5
pixels = torch.randn(B, 3, 24, 24)
ids = torch.randint(1, 57, (B, 9)); ids[:, 0] = 58
for row, end in enumerate([4, 8, 2, 6, 5]): ids[row, end:] = 59

def run(model, pixels):
    out = model(input_ids=ids, pixel_values=pixels, return_loss=True)
    return out.image_embeds, out.text_embeds, out.logits_per_image, out.loss

golden.write(here, model, pixels, ids, run)
