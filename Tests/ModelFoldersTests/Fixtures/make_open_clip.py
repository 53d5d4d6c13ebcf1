"""Golden values of open_clip's models: CLIP with quick_gelu; a text tower of its own with mean-pooled pictures, tanh GELU and
SigLIP's loss, in bf16; SigLIP with timm's picture tower, in fp16.

python make_open_clip.py      (torch 2.13.0+cpu, open_clip_torch 3.x, timm as pinned by pip at that time; prints the versions)
"""
import importlib.util, json, os
import torch
if importlib.util.find_spec("torchvision_without_native"): import torchvision_without_native
import open_clip, timm
from open_clip.loss import ClipLoss, SigLipLoss
from open_clip.model import CLIP, CustomTextCLIP
from safetensors.torch import save_file
import golden

print(torch.__version__, open_clip.__version__, timm.__version__)
here = os.path.dirname(os.path.abspath(__file__))


def make(name, config, kind, dtype, trunk=None, preprocess=None):
    torch.manual_seed(1)
    folder = os.path.join(here, name); os.makedirs(folder, exist_ok=True)
    arguments = {k: v for k, v in config.items() if k != "custom_text"}
    model = kind(**arguments).train()
    if trunk is not None: model.visual.trunk = trunk
    golden.perturb(model)
    with torch.no_grad():
        if model.logit_bias is not None: model.logit_scale.fill_(1.5); model.logit_bias.fill_(-2.0)
        for p in model.parameters(): p.copy_(p.to(dtype).float())
    save_file({n: p.detach().to(dtype).contiguous() for n, p in model.state_dict().items()}, os.path.join(folder, "open_clip_model.safetensors"))
    json.dump(dict(model_cfg=config, preprocess_cfg=preprocess or {}), open(os.path.join(folder, "open_clip_config.json"), "w"), indent=2)
    size = config["vision_cfg"]["image_size"]; text = config["text_cfg"]
    pixels = golden.pixels(4, size)
    vocabulary = text["vocab_size"]
    ids = golden.texts([4, 6, 2, 5], text["context_length"], vocabulary-2, vocabulary-1, 0)

    def run(model, pixels):
        image, words = model.encode_image(pixels, normalize=True), model.encode_text(ids, normalize=True)
        scale = model.logit_scale.exp()
        logits = scale*image @ words.T
        if model.logit_bias is None: return image, words, logits, ClipLoss()(image, words, scale)
        return image, words, logits+model.logit_bias, SigLipLoss()(image, words, scale, model.logit_bias)

    golden.write(folder, model, pixels, ids, run)


make("open-clip", dict(embed_dim=12, quick_gelu=True,
        vision_cfg=dict(image_size=16, layers=2, width=24, head_width=8, patch_size=8, mlp_ratio=2.5),
        text_cfg=dict(context_length=7, vocab_size=40, width=16, heads=2, layers=2)),
     CLIP, torch.float32)
make("open-clip-custom", dict(embed_dim=12, custom_text=True, init_logit_bias=-10,
        vision_cfg=dict(image_size=16, layers=1, width=24, head_width=8, patch_size=8, pool_type="avg", no_ln_pre=True),
        text_cfg=dict(context_length=7, vocab_size=40, width=16, heads=2, layers=2, no_causal_mask=True, proj_bias=True, pool_type="last",
            norm_kwargs=dict(eps=1e-6), act_kwargs=dict(approximate="tanh"))),
     CustomTextCLIP, torch.bfloat16, preprocess=dict(mean=[0.5]*3, std=[0.5]*3, interpolation="bilinear", resize_mode="squash"))
# The sizes of timm's models are fixed: the small trunk takes the place of one of these names.
trunk = timm.models.vision_transformer.VisionTransformer(img_size=32, patch_size=16, embed_dim=24, depth=2, num_heads=12, mlp_ratio=2,
    class_token=False, global_pool="map", num_classes=0)
small = dict(embed_dim=24, custom_text=True, init_logit_bias=-10,
    vision_cfg=dict(image_size=32, timm_model_name="vit_base_patch16_siglip_224", timm_model_pretrained=False, timm_pool="map", timm_proj="none"),
    text_cfg=dict(context_length=7, vocab_size=40, width=16, heads=2, layers=1, no_causal_mask=True, proj_bias=True, pool_type="last", norm_kwargs=dict(eps=1e-6)))
make("open-clip-siglip", small, CustomTextCLIP, torch.float16, trunk)
