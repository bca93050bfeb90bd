/* SPDX-License-Identifier: Apache-2.0 */
/* What the files say about their quantization. */
#include <string.h>

#include "hf/config.h"
#include "hf/hf.h"
#include "hf/python_json.h"

static void set_method(vp_stored *stored, const char *name)
{
    vp_writer w;
    vp_writer_start(&w, stored->method, sizeof stored->method);
    vp_put(&w, name);
}

/** quant_method in lower case, with one spelling of compressed-tensors:
 *  model_arch_config_convertor.py:_normalize_quantization_config (older: config/model.py). */
static void read_method(const json_t *block, vp_stored *stored)
{
    vp_str name = vp_member_text(block, "quant_method");
    vp_writer w;
    vp_writer_start(&w, stored->method, sizeof stored->method);
    for (size_t i = 0; i < name.length; i++) {
        char c = name.at[i];
        if (c < 0x20 || c > 0x7E) c = '?';
        vp_put_char(&w, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    if (strcmp(stored->method, "compressed_tensors") == 0) set_method(stored, "compressed-tensors");
}

/** ModelOpt's file {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": ...}}, or the same members
 *  in config.json beside quant_method "modelopt...": the algorithm names vLLM's method
 *  (modelopt.py:override_quantization_method). */
static bool read_modelopt(const json_t *block, vp_stored *stored)
{
    static const struct {
        const char *algo, *method;
        uint32_t bits;
    } algos[] = {{"FP8", "modelopt", 8},
                 {"FP8_PER_CHANNEL_PER_TOKEN", "modelopt", 8},
                 {"FP8_PB_WO", "modelopt", 8},
                 {"NVFP4", "modelopt_fp4", 4},
                 {"W4A16_NVFP4", "modelopt_fp4", 4},
                 {"MXFP8", "modelopt_mxfp8", 8},
                 {"MIXED_PRECISION", "modelopt_mixed", 0}};
    const json_t *inner = json_object_get(block, "quantization");
    bool legacy = json_object_get(inner, "modelopt_quant_config") != NULL;
    bool named = strncmp(stored->method, "modelopt", strlen("modelopt")) == 0;
    vp_str producer = vp_member_text(json_object_get(block, "producer"), "name");
    if (!legacy && !named && !(json_is_object(inner) && vp_str_equal(producer, "modelopt"))) return false;
    vp_str algo = vp_member_text(json_is_object(inner) ? inner : block, "quant_algo");
    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++) {
        if (!vp_name_equal(algo, vp_str_from(algos[i].algo))) continue;
        set_method(stored, algos[i].method);
        stored->bits = algos[i].bits;
        return true;
    }
    return false;
}

/** compressed-tensors: the width of the first group's weights. */
static const json_t *first_group_bits(const json_t *block)
{
    void *first = json_object_iter(json_object_get(block, "config_groups"));
    const json_t *group = first ? json_object_iter_value(first) : NULL;
    return json_object_get(json_object_get(group, "weights"), "num_bits");
}

static void read_bits(const json_t *block, vp_stored *stored)
{
    static const char *const keys[] = {"bits", "num_bits", "w_bit", "wbits"};
    const json_t *value = first_group_bits(block);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && !value; i++) value = vp_member(block, keys[i]);
    if (json_is_integer(value) && json_integer_value(value) > 0 && json_integer_value(value) <= 16)
        stored->bits = (uint32_t)json_integer_value(value);
    else if (strcmp(stored->method, "fp8") == 0 || strcmp(stored->method, "fbgemm_fp8") == 0)
        stored->bits = 8;
}

static bool read_bitsandbytes(const json_t *block, const char *path, vp_stored *stored, vp_error *error)
{
    bool four, eight;
    if (!vp_member_switch(block, "load_in_4bit", path, false, &four, error) ||
        !vp_member_switch(block, "load_in_8bit", path, false, &eight, error) ||
        !vp_member_switch(block, "bnb_4bit_use_double_quant", path, false, &stored->nested, error))
        return false;
    stored->bits = four ? 4 : eight ? 8 : 0;
    stored->nf4 = vp_str_equal(vp_member_text(block, "bnb_4bit_quant_type"), "nf4");
    return true;
}

/** AutoGPTQ's quantize_config.json and AutoAWQ's quant_config.json name no method: their members do. */
static void guess_method(const json_t *block, vp_stored *stored)
{
    if (vp_member(block, "w_bit"))
        set_method(stored, "awq");
    else if (vp_member(block, "bits") && (vp_member(block, "desc_act") || vp_member(block, "group_size")))
        set_method(stored, "gptq");
}

/** side_file: the block has a file of its own, and may name its method by its members only. In config.json
 *  vLLM takes a block without quant_method for no quantization at all. */
static bool read_block(const json_t *block, const char *path, bool side_file, vp_stored *stored,
                       vp_error *error)
{
    memset(stored, 0, sizeof *stored);
    read_method(block, stored);
    bool modelopt = read_modelopt(block, stored);
    if (side_file && stored->method[0] == '\0') guess_method(block, stored);
    if (stored->method[0] == '\0') return true;
    stored->from_config = stored->method[0] != '\0';
    if (strcmp(stored->method, "bitsandbytes") == 0) return read_bitsandbytes(block, path, stored, error);
    if (!modelopt) read_bits(block, stored);
    return true;
}

/** The whole config's, else the decoder's (model_loader/weight_utils.py:get_quant_config), else what
 *  compressed-tensors wrote in former days. */
const json_t *vp_quantization_block(const json_t *config, const char **key)
{
    static const char *const keys[] = {"quantization_config", "text_config/quantization_config",
                                       "compression_config"};
    const json_t *inner = vp_member(config, "text_config");
    const json_t *blocks[] = {vp_member(config, keys[0]),
                              json_is_object(inner) ? vp_member(inner, keys[0]) : NULL,
                              vp_member(config, keys[2])};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        *key = keys[i];
        if (blocks[i]) return blocks[i];
    }
    return NULL;
}

bool vp_config_quantization(const json_t *config, const char *path, vp_model *model, vp_error *error)
{
    const char *key;
    const json_t *block = vp_quantization_block(config, &key);
    if (!block) return true;
    if (!json_is_object(block)) return vp_member_fail(error, VLLMPLAN_E_TYPE, path, key, "is not an object");
    char inner[sizeof error->path];
    vp_writer w;
    vp_writer_start(&w, inner, sizeof inner);
    vp_put_format(&w, "%s/%s", path, key);
    return read_block(block, inner, false, &model->stored, error);
}

bool vp_hf_quantization(vp_str text, const char *path, vp_facts *facts, vp_error *error)
{
    json_t *block = vp_python_json(text, path, facts, error);
    if (!block) return false;
    bool ok =
        read_block(block, path, true, &facts->model.stored, error) && vp_config_schemes(block, facts, error);
    json_decref(block);
    return ok;
}
