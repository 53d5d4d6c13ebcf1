"""Golden values of Hugging Face's SiglipModel.

python make_siglip.py      (torch 2.13.0+cpu, transformers 5.23)
"""
import importlib.util, os
import torch
if importlib.util.find_spec("torchvision_without_native"): import torchvision_without_native
import transformers
from transformers import SiglipConfig, SiglipModel, SiglipTextConfig, SiglipVisionConfig
import golden

print(torch.__version__, transformers.__version__)
torch.manual_seed(0)
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hf-siglip")
os.makedirs(here, exist_ok=True)
config = SiglipConfig(
    text_config=SiglipTextConfig(vocab_size=40, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=7, projection_size=20).to_dict(),
    vision_config=SiglipVisionConfig(hidden_size=20, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        image_size=16, patch_size=8).to_dict())
model = SiglipModel(config).train()
with torch.no_grad(): model.logit_scale.fill_(1.5); model.logit_bias.fill_(-2.0)
golden.perturb(model)
model.save_pretrained(here)
pixels = golden.pixels(4, 16)
ids = golden.texts([4, 6, 2, 5], 7, 38, 39, 1)

def run(model, pixels):
    out = model(input_ids=ids, pixel_values=pixels, return_loss=True)
    return out.image_embeds, out.text_embeds, out.logits_per_image, out.loss

golden.write(here, model, pixels, ids, run)
