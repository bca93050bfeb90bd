/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading config.json, each in its own file. */
#ifndef VP_HF_CONFIG_H
#define VP_HF_CONFIG_H

#include "hf/reader.h"

/** quantization_config, or what older tools wrote in its place. */
bool vp_config_quantization(const json_t *config, const char *path, vp_model *model, vp_error *error);
/** Sizes of the decoder: hidden, heads, layers, vocabulary (config_sizes.c). */
bool vp_config_sizes(vp_reader *r);
/** rope_scaling or rope_parameters: the tables that `layers` use, of heads of that size; adds to
 *  model->ropes. `kind`: the entry of rope_parameters, where there is one a kind of layer; or NULL. */
bool vp_config_rope(vp_reader *r, const char *kind, uint64_t head_dim, const vp_layers *layers);
/** model->context, the longest context that vLLM derives; after vp_config_rope(). */
bool vp_config_context(vp_reader *r);
/** Dense MLPs and experts (config_ffn.c). */
bool vp_config_ffns(vp_reader *r);
/** Layers whose kind is `name` in layer_types; false, with an error, for a list of the wrong length. A config
 *  without the list leaves `out` empty and *given false. */
bool vp_config_layer_types(vp_reader *r, const char *name, vp_layers *out, bool *given);

/* The recipes: mixers of each kind (config_attention.c, config_latent.c, config_gdn.c ...). */
bool vp_config_attention(vp_reader *r);
bool vp_config_latent(vp_reader *r);
bool vp_config_gdn(vp_reader *r);

/** A mixer with what all attention layers share read from the config; `layers` are still to be set. */
bool vp_config_mixer(vp_reader *r, vp_mixer *out);
/** Appends; false, with an error, when there are more kinds than fit. */
bool vp_config_add_mixer(vp_reader *r, const vp_mixer *mixer);
bool vp_config_add_ffn(vp_reader *r, const vp_ffn *ffn);

#endif
