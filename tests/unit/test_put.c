/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: facts that are read back are the facts that were written, and a plan has the contract's keys. */
#include "../support/t_assert.h"
#include "../support/t_models.h"

#include <stdlib.h>

#include "base/vp_int.h"
#include "core/plan.h"
#include "hf/hf.h"
#include "json/json.h"
#include "json/put.h"

static vp_facts facts, again;
static vp_error error;
static char text[1 << 18], text_again[1 << 18], changed[1 << 18];

#define SIZES                                                                                                \
    "\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":8,\"num_key_value_heads\":2,"        \
    "\"intermediate_size\":96,\"vocab_size\":100,\"max_position_embeddings\":4096,\"torch_dtype\":"          \
    "\"bfloat16\""
#define CONFIG(name, more) "{\"architectures\":[\"" name "\"]," SIZES more "}"

static void read_config(const char *config)
{
    memset(&facts, 0, sizeof facts);
    vp_error_start(&error);
    if (!vp_hf_config(vp_str_from(config), "config.json", &facts, &error))
        fail_msg("%s: %s", config, error.message);
    if (facts.model.architecture)
        assert_true(vp_inventory_from_structure(&facts.model, &facts.structure, &facts.inventory, &error));
    vp_attention_from_structure(&facts.structure, &facts.attention);
}

static const char *write_facts(const vp_facts *what, char *to)
{
    vp_writer w;
    vp_writer_start(&w, to, sizeof text);
    vp_json_put_facts(&w, what);
    assert_false(vp_writer_cut(&w));
    return to;
}

/** Facts out of JSON text, as a request brings them. */
static bool read_facts(const char *json)
{
    json_error_t e;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
    if (!root) fail_msg("%s: %s", json, e.text);
    vp_error_start(&error);
    bool ok = vp_json_facts(root, "/model/facts", &again, &error);
    json_decref(root);
    return ok;
}

static void must_equal_model(const vp_model *a, const vp_model *b)
{
    assert_ptr_equal(a->architecture, b->architecture);
    t_text(b->architecture_name, a->architecture_name);
    assert_memory_equal(&a->layers, &b->layers, offsetof(vp_model, ropes) - offsetof(vp_model, layers));
    t_u64(b->rope_count, a->rope_count);
    for (uint32_t i = 0; i < a->rope_count; i++) {
        const vp_rope *p = &a->ropes[i],
                      *q = &b->ropes[i]; /* the base is not printed: it tells tables apart */
        assert_true(p->kind == q->kind && p->factor <= q->factor && p->factor >= q->factor);
        assert_true(p->original_max == q->original_max && p->max_position == q->max_position);
        assert_true(p->rotary_dim == q->rotary_dim && p->single == q->single);
        assert_memory_equal(&p->layers, &q->layers, sizeof p->layers);
    }
    assert_true(a->tied == b->tied && a->dtype == b->dtype);
    t_text(b->stored.method, a->stored.method);
    t_u64(b->stored.bits, a->stored.bits);
    assert_true(a->stored.nested == b->stored.nested && a->stored.nf4 == b->stored.nf4);
    assert_true(a->stored.from_config == b->stored.from_config);
}

static void must_equal_inventory(const vp_inventory *a, const vp_inventory *b)
{
    t_u64(b->count, a->count);
    assert_true(a->from_headers == b->from_headers && a->checkpoint_bytes_known == b->checkpoint_bytes_known);
    t_u64(b->checkpoint_bytes, a->checkpoint_bytes);
    t_u64(b->other_tensors, a->other_tensors);
    assert_memory_equal(a->bytes_by_role, b->bytes_by_role, sizeof a->bytes_by_role);
    for (uint32_t i = 0; i < a->count; i++) {
        const vp_group *g = &a->groups[i], *h = &b->groups[i];
        assert_ptr_equal(g->module, h->module);
        t_u64_case(g->module->name, h->in, g->in);
        t_u64_case(g->module->name, h->part_count, g->part_count);
        assert_true(t_parts_equal(g, h));
        assert_true(g->in_divided == h->in_divided && g->copies == h->copies && g->dtype == h->dtype);
        assert_true(g->place == h->place && g->scheme == h->scheme);
        assert_memory_equal(&g->layers, &h->layers, sizeof g->layers);
        assert_true(g->bias == h->bias && g->alias == h->alias && g->evidence.dtype == h->evidence.dtype);
        assert_true(g->evidence.bytes == h->evidence.bytes && g->evidence.tensors == h->evidence.tensors);
        assert_true(g->evidence.packed == h->evidence.packed);
    }
}

static void must_equal_rest(void)
{
    t_u64(again.shards, facts.shards);
    t_u64(again.header_bytes, facts.header_bytes);
    t_u64(again.attention.count, facts.attention.count);
    for (uint32_t i = 0; i < facts.attention.count; i++) {
        const vp_attention *a = &facts.attention.entries[i], *b = &again.attention.entries[i];
        assert_true(a->kind == b->kind && a->kv_heads == b->kv_heads && a->head_size == b->head_size);
        assert_true(a->head_size_v == b->head_size_v && a->window == b->window);
        assert_memory_equal(&a->layers, &b->layers, sizeof a->layers);
    }
    t_u64(again.finding_count, facts.finding_count);
    for (uint32_t i = 0; i < facts.finding_count; i++) {
        t_text(again.findings[i].code, facts.findings[i].code);
        t_u64(again.findings[i].severity, facts.findings[i].severity);
        t_text(again.findings[i].text, facts.findings[i].text);
        t_text(again.findings[i].fix, facts.findings[i].fix);
    }
}

static void must_come_back(void)
{
    write_facts(&facts, text);
    if (!read_facts(text)) fail_msg("%s: %s in %s", error.path, error.message, text);
    must_equal_model(&facts.model, &again.model);
    must_equal_inventory(&facts.inventory, &again.inventory);
    must_equal_rest();
    t_text(write_facts(&again, text_again), text);
}

static void facts_of_configs_come_back(void **state)
{
    (void)state;
    static const char *const configs[] = {
        CONFIG("Qwen2ForCausalLM", ""),
        CONFIG("LlamaForCausalLM", ",\"tie_word_embeddings\":true,\"attention_bias\":true"),
        CONFIG("MistralForCausalLM", ",\"sliding_window\":512"),
        CONFIG("Qwen2ForCausalLM", ",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":2.5,"
                                   "\"original_max_position_embeddings\":1024}"),
        /* a factor that needs all 17 digits, and the least one there is */
        CONFIG("LlamaForCausalLM", ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":1.2345678901234567}"),
        CONFIG("Qwen2ForCausalLM", ",\"rope_scaling\":{\"type\":\"llama3\",\"factor\":5e-324,"
                                   "\"original_max_position_embeddings\":1024}"),
        CONFIG("Qwen2ForCausalLM",
               ",\"quantization_config\":{\"quant_method\":\"bitsandbytes\",\"load_in_4bit\":true,"
               "\"bnb_4bit_quant_type\":\"nf4\",\"bnb_4bit_use_double_quant\":true}"),
        CONFIG("Qwen2ForCausalLM",
               ",\"use_sliding_window\":true,\"sliding_window\":64,\"max_window_layers\":1"),
        "{\"architectures\":[\"NobodyKnowsForCausalLM\"],\"num_hidden_layers\":3}",
    };
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        read_config(configs[i]);
        must_come_back();
    }
}

static void facts_of_files_come_back(void **state)
{
    (void)state;
    read_config(CONFIG("Qwen2ForCausalLM", ""));
    facts.inventory.from_headers = facts.inventory.checkpoint_bytes_known = true;
    facts.inventory.other_tensors = 7;
    facts.shards = 3;
    facts.header_bytes = 12345;
    facts.model.layers = VP_MAX_LAYERS;
    for (uint32_t i = 0; i < facts.inventory.count; i++) {
        facts.inventory.groups[i].evidence = (vp_evidence){VP_MAX_FIGURE - i, 10 + i, i, (vp_dtype)(i + 1)};
        for (uint64_t layer = i % 2; layer < VP_MAX_LAYERS;
             layer += 2) /* every second one: the longest text */
            vp_layers_add(&facts.inventory.groups[i].layers, layer);
    }
    vp_facts_find(&facts, "shape_mismatch", VP_SEVERE, "", "\"%s\" has\ttwo shapes: \xc3\xa4 \\ %d", "a/b",
                  5);
    vp_facts_find(&facts, "config_nan", VP_INFO, "{\"a\": [1]}", "read as null");
    must_come_back();
}

static void every_dtype_comes_back(void **state)
{
    (void)state;
    read_config(CONFIG("Qwen2ForCausalLM", ""));
    for (int dtype = VP_DTYPE_NONE; dtype < VP_DTYPE_COUNT; dtype++) {
        facts.model.dtype = (vp_dtype)dtype;
        must_come_back();
    }
}

static void facts_of_tensors_come_back(void **state)
{
    (void)state;
    static const char header[] = "{\"model.embed_tokens.weight\":{\"dtype\":\"BF16\",\"shape\":[100,64],"
                                 "\"data_offsets\":[0,12800]}}";
    read_config("{\"architectures\":[\"NobodyKnowsForCausalLM\"],\"num_hidden_layers\":3}");
    vp_hf_collector *collector = vp_hf_collector_new(&facts);
    assert_non_null(collector);
    assert_true(
        vp_tensors_scan(vp_str_from(header), 12800, "a.safetensors", vp_hf_take_tensor, collector, &error));
    assert_true(vp_hf_collector_finish(collector, &facts, &error));
    vp_hf_collector_free(collector);
    assert_true(facts.inventory.from_headers);
    t_u64(facts.inventory.checkpoint_bytes, 12800); /* 100 * 64 elements of 2 bytes */
    must_come_back();
}

/** Writes facts with the first `from` replaced by `to`. */
static const char *replace(const char *from, const char *to)
{
    vp_writer w;
    const char *at = strstr(text, from);
    if (!at) fail_msg("no %s in %s", from, text);
    vp_writer_start(&w, changed, sizeof changed);
    vp_put_format(&w, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return changed;
}

static void strange_facts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        int32_t code;
        const char *path;
    } rows[] = {
        {"\"schema\":1", "\"schema\":2", VLLMPLAN_E_UNSUPPORTED, "/schema"},
        {"\"schema\":1", "\"scheme\":1", VLLMPLAN_E_MISSING, "/schema"},
        {"\"shards\":0", "\"shards\":0,\"more\":1", VLLMPLAN_E_UNKNOWN_KEY, "/more"},
        {"\"shards\":0", "\"shards\":-1", VLLMPLAN_E_RANGE, "/shards"},
        {"\"shards\":0", "\"shards\":4294967296", VLLMPLAN_E_RANGE, "/shards"},
        {"\"layers\":2", "\"layers\":1025", VLLMPLAN_E_RANGE, "/model/layers"},
        {"\"layers\":2", "\"layers\":1", VLLMPLAN_E_RANGE, "/model/ropes/0/layers"},
        {"\"layers\":2", "\"layers\":2.0", VLLMPLAN_E_TYPE, "/model/layers"},
        {"\"heads\":8", "\"heads\":0", VLLMPLAN_E_RANGE, "/model/heads"},
        {"\"kv_heads\":2", "\"kv_heads\":9", VLLMPLAN_E_RANGE, "/model/kv_heads"},
        {"\"hidden\":64", "\"hidden\":1099511627777", VLLMPLAN_E_RANGE, "/model/hidden"},
        {"\"hidden\":64", "\"hidden\":null", VLLMPLAN_E_TYPE, "/model/hidden"},
        {"\"factor\":1", "\"factor\":0", VLLMPLAN_E_RANGE, "/model/ropes/0/factor"},
        {"\"factor\":1", "\"factor\":1000001", VLLMPLAN_E_RANGE, "/model/ropes/0/factor"},
        {"\"factor\":1", "\"factor\":{\"mantissa\":1,\"halvings\":1075}", VLLMPLAN_E_RANGE,
         "/model/ropes/0/factor/halvings"},
        {"\"factor\":1", "\"factor\":\"1\"", VLLMPLAN_E_TYPE, "/model/ropes/0/factor"},
        {"\"kind\":\"default\"", "\"kind\":\"odd\"", VLLMPLAN_E_UNKNOWN_NAME, "/model/ropes/0/kind"},
        {"\"kind\":\"full\"", "\"kind\":\"odd\"", VLLMPLAN_E_UNKNOWN_NAME, "/attention/entries/0/kind"},
        {"\"tied\":false", "\"tied\":0", VLLMPLAN_E_TYPE, "/model/tied"},
        {"\"dtype\":\"bfloat16\"", "\"dtype\":\"int3\"", VLLMPLAN_E_UNKNOWN_NAME, "/model/dtype"},
        {"\"module\":\"o_proj\"", "\"module\":\"p_proj\"", VLLMPLAN_E_UNKNOWN_NAME,
         "/inventory/groups/3/module"},
        {"\"module\":\"o_proj\"", "\"module\":\"o_proj\\u0000\"", VLLMPLAN_E_RANGE,
         "/inventory/groups/3/module"},
        {"\"parts\":[{\"out\":100,\"unit\":1,\"shard\":\"vocab\"}]", "\"parts\":[]", VLLMPLAN_E_RANGE,
         "/inventory/groups/0/parts"},
        {"\"parts\":[{\"out\":100,\"unit\":1,\"shard\":\"vocab\"}]", "\"parts\":[0,0,0,0,0,0,0,0,0]",
         VLLMPLAN_E_LIMIT, "/inventory/groups/0/parts"},
        {"\"out\":100", "\"out\":\"1\"", VLLMPLAN_E_TYPE, "/inventory/groups/0/parts/0/out"},
        {"\"out\":100", "\"out\":0", VLLMPLAN_E_RANGE, "/inventory/groups/0/parts/0/out"},
        {"\"out\":100", "\"out\":9007199254740992", VLLMPLAN_E_RANGE, "/inventory/groups/0/parts/0/out"},
        {"\"unit\":1", "\"unit\":0", VLLMPLAN_E_RANGE, "/inventory/groups/0/parts/0/unit"},
        {"\"unit\":1", "\"unit\":3", VLLMPLAN_E_RANGE, "/inventory/groups/0/parts/0/unit"},
        {"\"shard\":\"vocab\"", "\"shard\":\"half\"", VLLMPLAN_E_UNKNOWN_NAME,
         "/inventory/groups/0/parts/0/shard"},
        {"\"copies\":1", "\"copies\":0", VLLMPLAN_E_RANGE, "/inventory/groups/0/copies"},
        {"\"place\":\"first\"", "\"place\":\"middle\"", VLLMPLAN_E_UNKNOWN_NAME, "/inventory/groups/0/place"},
        {"\"layers\":\"0-1\"", "\"layers\":\"1-0\"", VLLMPLAN_E_RANGE, "/model/ropes/0/layers"},
        {"\"layers\":\"0-1\"", "\"layers\":\"0,0\"", VLLMPLAN_E_RANGE, "/model/ropes/0/layers"},
        {"\"layers\":\"0-1\"", "\"layers\":\"0-\"", VLLMPLAN_E_RANGE, "/model/ropes/0/layers"},
        {"\"layers\":\"0-1\"", "\"layers\":\"0,\"", VLLMPLAN_E_RANGE, "/model/ropes/0/layers"},
        {"\"layers\":\"0-1\"", "\"layers\":\"0-18446744073709551616\"", VLLMPLAN_E_RANGE,
         "/model/ropes/0/layers"},
        {"\"layers\":\"0-1\"", "\"layers\":[]", VLLMPLAN_E_TYPE, "/model/ropes/0/layers"},
        {"\"findings\":[]", "\"findings\":[1]", VLLMPLAN_E_TYPE, "/findings/0"},
        {"\"findings\":[]", "\"findings\":[{\"code\":\"a\",\"severity\":\"bad\",\"text\":\"\",\"fix\":\"\"}]",
         VLLMPLAN_E_UNKNOWN_NAME, "/findings/0/severity"},
        {"\"method\":\"\"",
         "\"method\":\"0123456789012345678901234567890123456789012345678901234567890123456789012345"
         "678901234567890123456789\"",
         VLLMPLAN_E_LIMIT, "/model/stored/method"},
        {"\"nf4\":false", "\"nf5\":false", VLLMPLAN_E_MISSING, "/model/stored/nf4"},
    };
    read_config(CONFIG("Qwen2ForCausalLM", ""));
    write_facts(&facts, text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[300];
        vp_writer w;
        vp_writer_start(&w, path, sizeof path);
        vp_put_format(&w, "/model/facts%s", rows[i].path);
        if (read_facts(replace(rows[i].from, rows[i].to))) fail_msg("%s was taken", rows[i].to);
        t_u64_case(rows[i].to, (uint64_t)-error.code, (uint64_t)-rows[i].code);
        t_text(error.path, path);
    }
}

static void inspect_repeats_the_findings(void **state)
{
    (void)state;
    vp_writer w;
    read_config(CONFIG("Qwen2ForCausalLM", ""));
    vp_facts_find(&facts, "config_nan", VP_WARNING, "", "odd");
    vp_writer_start(&w, text, sizeof text);
    vp_json_put_inspect(&w, &facts);
    assert_true(w.length < 65536);
    t_contains(text,
               "{\"facts\":{\"schema\":1,\"model\":{\"architecture\":\"Qwen2ForCausalLM\",\"layers\":2,");
    t_contains(text, "]},\"findings\":[{\"code\":\"config_nan\",\"severity\":\"warning\",\"text\":\"odd\","
                     "\"fix\":\"\"}]}");
}

static void doubles_are_multiplied_exactly(void **state)
{
    (void)state;
    int half;
    t_u64(vp_double_times(0.29, 1000, &half),
          289); /* the double is 0.28999999999999998; a product rounds to 290 */
    t_u64(vp_double_times(2.5, 100, &half), 250);
    assert_int_equal(half, -1);
    t_u64(vp_double_times(0.125, 100, &half), 12); /* 12.5 exactly: "%.2f" goes to the even 0.12 */
    assert_int_equal(half, 0);
    t_u64(vp_double_times(2.675, 100, &half), 267); /* the double is 2.67499999999999982 */
    assert_int_equal(half, -1);
    t_u64(vp_double_times(1.115, 100, &half), 111); /* 1.11499999999999999 */
    assert_int_equal(half, -1);
    t_u64(vp_double_times(1.116, 100, &half), 111);
    assert_int_equal(half, 1);
    t_u64(vp_double_times(0.0, 1000, &half), 0);
    t_u64(vp_double_times(5e-324, 1000, &half), 0);
    t_u64(vp_double_times(9007199254740991.0, 1, &half), 9007199254740991u);
    t_u64(vp_double_times(1e300, 1000, &half), UINT64_MAX);
}

static vp_request request;
static vp_plan plan;
static char room[4 << 20], env_room[4096];

/** A plan for the tiny model on a card of 24 GiB. */
static void make_plan(const char *setting, const char *value)
{
    vp_arena arena;
    bool exact;
    read_config(CONFIG("Qwen2ForCausalLM", ""));
    memset(&request, 0, sizeof request);
    request.facts = &facts;
    request.serve_as = "DIR";
    request.device_count = request.nodes = 1;
    request.devices[0] = (vp_device){.count = 1, .total_bytes = (uint64_t)24 << 30, .capability = 86};
    request.engine.release = vp_release_find(vp_str_from("0.11.2"), &exact, "", &error);
    request.engine.release_text = "0.11.2";
    request.engine.release_given = request.engine.release_exact = true;
    if (setting) assert_true(vp_settings_put(&request.settings, setting, VP_VALUE_TEXT, value));
    vp_arena_start(&arena, room, sizeof room);
    if (!vp_plan_make(&request, &arena, &plan, &error)) fail_msg("%s: %s", error.path, error.message);
}

static bool write_plan(void)
{
    static const char *argv[] = {"vllm", "serve", "a \"b\"", NULL};
    static vp_start start;
    static const vp_deploy nothing_said = {.replicas = 1};
    vp_writer w;
    vp_arena arena;
    vp_arena_start(&arena, env_room, sizeof env_room); /* the plan's texts stay where they are */
    memset(&start, 0, sizeof start);
    start.launches = (vp_launches){.count = 1, .machines = 1, .cards = 1};
    start.launches.items[0].argv = (vp_argv){argv, 3};
    assert_true(vp_launch_env(&plan, &nothing_said, &start.launches, &arena, &start.env));
    vp_error_start(&error);
    vp_writer_start(&w, text, sizeof text);
    bool ok = vp_json_put_plan(&w, &plan, &start, &error);
    assert_false(vp_writer_cut(&w));
    return ok;
}

static json_t *parse_plan(void)
{
    json_error_t e;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    if (!root) fail_msg("%s: %s", e.text, text);
    return root;
}

static void a_plan_has_the_contracts_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "schema",   "library", "verdict",  "summary", "failing_step", "missing_bytes", "asked",
        "engine",   "model",   "settings", "chosen",  "memory",       "kv_cache",      "methods",
        "remedies", "launch",  "argv",     "env",     "health",       "rendered",      "notes"};
    size_t i = 0;
    const char *key;
    json_t *value;
    make_plan(NULL, NULL);
    assert_true(write_plan());
    json_t *root = parse_plan();
    json_object_foreach(root, key, value)
    {
        assert_true(i < sizeof keys / sizeof keys[0]);
        t_text(key, keys[i++]);
    }
    t_u64(i, sizeof keys / sizeof keys[0]);
    t_text(json_string_value(json_object_get(root, "verdict")), "fits");
    json_t *rank = json_array_get(json_object_get(json_object_get(root, "memory"), "ranks"), 0);
    t_u64((uint64_t)json_integer_value(json_object_get(rank, "total_bytes")), (uint64_t)24 << 30);
    assert_true(json_is_integer(json_object_get(json_object_get(rank, "available_kv_bytes"), "low")));
    /* 2 layers * (k and v) * 2 KV heads of 8 * 16 tokens * 2 bytes */
    json_t *kv = json_object_get(root, "kv_cache");
    t_u64((uint64_t)json_integer_value(json_object_get(kv, "bytes_per_block")), 2 * 2 * 2 * 8 * 16 * 2);
    t_u64((uint64_t)json_integer_value(json_object_get(json_object_get(root, "health"), "port")), 8000);
    t_contains(text, "\"argv\":[\"vllm\",\"serve\",\"a \\\"b\\\"\"],\"env\":{}");
    json_decref(root);
}

static void what_is_not_known_is_null(void **state)
{
    (void)state;
    make_plan(NULL, NULL);
    plan.returned.evaluation.weights_known = false;
    assert_true(write_plan());
    t_contains(text, "\"weights_bytes\":null,\"weights_allocated_bytes\":null,\"weights_by_role\":null");
    t_contains(text, "\"load_peak_bytes\":null");
    t_contains(text, "\"available_kv_bytes\":null");
    t_contains(
        text,
        "\"blocks\":null,\"tokens\":null,\"max_concurrency_permille\":null,\"max_concurrency_text\":null");
    plan.returned.evaluation.kv_known = false;
    assert_true(write_plan());
    t_contains(text, "\"kv_cache\":null");
}

static void secrets_are_only_named(void **state)
{
    (void)state;
    make_plan("api_key", "hunter2");
    assert_true(write_plan());
    assert_null(strstr(text, "hunter2"));
    t_contains(text, "\"api_key\":{\"secret\":\"VLLM_API_KEY\"}");
    t_contains(text, "\"env\":{\"VLLM_API_KEY\":{\"secret\":\"VLLM_API_KEY\"}}");
}

static void large_figures_are_refused_by_their_path(void **state)
{
    (void)state;
    make_plan(NULL, NULL);
    plan.returned.evaluation.ranks[0].weights.bytes = VP_MAX_FIGURE;
    assert_true(write_plan());
    plan.returned.evaluation.ranks[0].weights.bytes = VP_MAX_FIGURE + 1;
    assert_false(write_plan());
    t_u64((uint64_t)-error.code, (uint64_t)-VLLMPLAN_E_OVERFLOW);
    t_text(error.path, "/memory/ranks/0/weights_bytes");
}

/** The value of one setting, as it stands in an answer. */
static const char *setting_as(vp_value_kind kind, const char *value)
{
    vp_out out;
    vp_writer w;
    vp_writer_start(&w, text, sizeof text);
    vp_out_start(&out, &w, NULL);
    vp_out_setting(&out, "seed", NULL, kind, value);
    return text;
}

static void settings_keep_their_type(void **state)
{
    (void)state;
    t_text(setting_as(VP_VALUE_INT, "-5"), "-5");
    t_text(setting_as(VP_VALUE_INT, "4k"), "\"4k\"");
    t_text(setting_as(VP_VALUE_INT, "9007199254740992"), "\"9007199254740992\"");
    t_text(setting_as(VP_VALUE_DECIMAL, "0.90"), "0.90");
    t_text(setting_as(VP_VALUE_DECIMAL, ".9"), "\".9\"");
    t_text(setting_as(VP_VALUE_DECIMAL, "1."), "\"1.\"");
    t_text(setting_as(VP_VALUE_DECIMAL, "00.5"), "\"00.5\"");
    t_text(setting_as(VP_VALUE_DECIMAL, "1e-3"), "1e-3");
    t_text(setting_as(VP_VALUE_BOOL, "true"), "true");
    t_text(setting_as(VP_VALUE_TEXT, "true"), "\"true\"");
    t_text(setting_as(VP_VALUE_JSON, "{\"a\":[1]}"), "{\"a\":[1]}");
    t_text(setting_as(VP_VALUE_NULL, NULL), "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_configs_come_back),
        cmocka_unit_test(facts_of_files_come_back),
        cmocka_unit_test(every_dtype_comes_back),
        cmocka_unit_test(facts_of_tensors_come_back),
        cmocka_unit_test(strange_facts_are_refused),
        cmocka_unit_test(inspect_repeats_the_findings),
        cmocka_unit_test(doubles_are_multiplied_exactly),
        cmocka_unit_test(a_plan_has_the_contracts_keys),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(secrets_are_only_named),
        cmocka_unit_test(large_figures_are_refused_by_their_path),
        cmocka_unit_test(settings_keep_their_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
