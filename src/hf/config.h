/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading config.json, each in its own file. */
#ifndef VP_HF_CONFIG_H
#define VP_HF_CONFIG_H

#include "hf/reader.h"

/** quantization_config, or what older tools wrote in its place. */
bool vp_config_quantization(const json_t *config, const char *path, vp_model *model, vp_error *error);
/** The block of a config that says how its files are stored, and the member it stands in; NULL = none. */
const json_t *vp_quantization_block(const json_t *config, const char **key);
/** Which modules of the structure are stored in which way: fills stored.schemes and structure.stored_as
 *  (config_schemes.c). After the structure. */
bool vp_config_schemes(const json_t *block, vp_facts *facts, vp_error *error);
/** Sizes of the decoder: hidden, heads, layers, vocabulary (config_sizes.c). */
bool vp_config_sizes(vp_reader *r);
/** rope_scaling or rope_parameters: the tables that `layers` use, of heads of that size; adds to
 *  model->ropes. `kind`: the entry of rope_parameters, where there is one a kind of layer; or NULL. */
bool vp_config_rope(vp_reader *r, const char *kind, uint64_t head_dim, const vp_layers *layers);
/** The tables of sliding layers, where they have one of their own without scaling (row->local_base). */
bool vp_config_local_rope(vp_reader *r, uint64_t head_dim, const vp_layers *layers);
/** The usual table, of another base. */
bool vp_config_rope_of_base(vp_reader *r, double base, uint64_t head_dim, const vp_layers *layers);
/** model->context, the longest context that vLLM derives; after vp_config_rope(). */
bool vp_config_context(vp_reader *r);
/** Sizes that the row's dialect tells otherwise; after vp_config_sizes() (config_dialects.c). */
bool vp_config_dialect(vp_reader *r);
/** What stands behind the last norm (config_heads.c), and small tensors of few classes (config_extras.c). */
bool vp_config_head(vp_reader *r);
bool vp_config_extras(vp_reader *r);
/** Appends a group to the structure's extras; never NULL: when there is no room it goes nowhere, and
 *  reading the config fails at its end. `layers` NULL: outside of layers, on every rank of a pipeline. */
vp_group *vp_config_add_extra(vp_reader *r, vp_module_key key, const vp_layers *layers, uint64_t in,
                              vp_part part);
/** Dense MLPs and experts (config_ffn.c). */
bool vp_config_ffns(vp_reader *r);
/** Encoders beside the decoder, those of the row whose rules hold; `known` is false when it has alternatives and
 *  none of them is there (config_tower.c). */
bool vp_config_towers(vp_reader *r, const vp_architecture *row, bool *known);
/** Layers whose kind is one of the `names` ("a|b") in layer_types, or layers_block_type; false, with an error,
 *  for a list of the wrong length. A config without the list leaves `out` empty and *given false. */
bool vp_config_layer_types(vp_reader *r, const char *names, vp_layers *out, bool *given);
/** The same of another list with a word for each layer: mlp_layer_types. */
bool vp_config_layer_list(vp_reader *r, const char *keys, const char *names, vp_layers *out, bool *given);
/** Layers that have experts, by the row's rule (config_sparse.c); adds to `sparse`. */
bool vp_config_sparse_layers(vp_reader *r, vp_layers *sparse);

/* The recipes: mixers of each kind (config_attention.c, config_latent.c, config_gdn.c ...). */
bool vp_config_attention(vp_reader *r);
bool vp_config_latent(vp_reader *r);
bool vp_config_window_heads(vp_reader *r);
bool vp_config_chunked(vp_reader *r);
bool vp_config_blocks(vp_reader *r);
bool vp_config_kinds(vp_reader *r);
bool vp_config_altup(vp_reader *r);
bool vp_config_loops(vp_reader *r);
/** The same in some layers. */
bool vp_config_latent_layers(vp_reader *r, const vp_layers *layers);
bool vp_config_state(vp_reader *r);

/** Layers of a model whose layers are one thing each (VP_HYBRID_SINGLE): how many there are, and those that
 *  are `name` ("linear_attention", "full_attention", "moe", "mlp"). */
bool vp_config_single_count(vp_reader *r, uint64_t *out);
bool vp_config_single_layers(vp_reader *r, const char *name, vp_layers *out);

/** A mixer with what all attention layers share read from the config; `layers` are still to be set. */
bool vp_config_mixer(vp_reader *r, vp_mixer *out);
/** Appends; false, with an error, when there are more kinds than fit. */
bool vp_config_add_mixer(vp_reader *r, const vp_mixer *mixer);
bool vp_config_add_ffn(vp_reader *r, const vp_ffn *ffn);

#endif
