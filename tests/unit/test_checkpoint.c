/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700
#include "../support/t_assert.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint/checkpoint.h"

static vp_facts facts; /* large: never on the stack */
static vp_error error;
static char root[64]; /* a fresh directory for each test */

static const char *in_root(const char *name)
{
    static char path[512];
    vp_writer w;
    vp_writer_start(&w, path, sizeof path);
    vp_put_format(&w, "%s/%s", root, name);
    return path;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "checkpoint-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put_bytes(const char *name, const void *at, size_t length)
{
    FILE *file = fopen(in_root(name), "wb");
    if (!file || fwrite(at, 1, length, file) != length || fclose(file) != 0)
        fail_msg("cannot write %s", name);
}

static void put(const char *name, const char *text) { put_bytes(name, text, strlen(text)); }

static void make_dir(const char *name)
{
    if (mkdir(in_root(name), 0700) != 0) fail_msg("cannot make %s", name);
}

/** A shard: eight bytes of length, the header, a hole of the data's size. */
static void put_shard(const char *name, const char *header, uint64_t data)
{
    static char bytes[16384];
    size_t n = strlen(header);
    for (int i = 0; i < 8; i++) bytes[i] = (char)(n >> (8 * i) & 0xFF);
    memcpy(bytes + 8, header, n);
    put_bytes(name, bytes, n + 8);
    if (truncate(in_root(name), (off_t)(8 + n + data)) != 0) fail_msg("cannot size %s", name);
}

/* hidden 4, 1 layer, 1 head, intermediate 2, vocab 3, bfloat16 */
#define CONFIG                                                                                               \
    "{\"architectures\":[\"LlamaForCausalLM\"],\"hidden_size\":4,\"num_hidden_layers\":1,\"num_attention_"   \
    "heads\":1,"                                                                                             \
    "\"intermediate_size\":2,\"vocab_size\":3,\"torch_dtype\":\"bfloat16\"}"
#define T(name, shape, begin, end)                                                                           \
    "\"" name "\":{\"dtype\":\"BF16\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"
#define FIRST                                                                                                \
    "{" T("model.embed_tokens.weight", "[3,4]", 0,                                                           \
          24) "," T("lm_head.weight", "[3,4]", 24, 48) "," T("model.norm.weight", "[4]", 48, 56) "}"
#define FIRST_BYTES 56
#define LAYER "model.layers.0."
#define SECOND                                                                                               \
    "{" T(LAYER "input_layernorm.weight", "[4]", 0, 8) "," T(                                                \
        LAYER "post_attention_layernorm.weight", "[4]", 8,                                                   \
        16) "," T(LAYER "self_attn.q_proj.weight", "[4,4]", 16,                                              \
                  48) "," T(LAYER "self_attn.k_proj.weight", "[4,4]", 48,                                    \
                            80) "," T(LAYER "self_attn.v_proj.weight", "[4,4]", 80,                          \
                                      112) "," T(LAYER "self_attn.o_proj.weight", "[4,4]", 112,              \
                                                 144) "," T(LAYER "mlp.gate_proj.weight", "[2,4]", 144,      \
                                                            160) "," T(LAYER "mlp.up_proj.weight", "[2,4]",  \
                                                                       160,                                  \
                                                                       176) "," T(LAYER                      \
                                                                                  "mlp.down_proj.weight",    \
                                                                                  "[4,2]", 176, 192) "}"
#define SECOND_BYTES 192
#define INDEX                                                                                                \
    "{\"weight_map\":{\"model.norm.weight\":\"a.safetensors\",\"" LAYER                                      \
    "mlp.up_proj.weight\":\"b.safetensors\"}}"

static void put_model(void)
{
    put("config.json", CONFIG);
    put_shard("a.safetensors", FIRST, FIRST_BYTES);
    put_shard("b.safetensors", SECOND, SECOND_BYTES);
    put("model.safetensors.index.json", INDEX);
}

static bool read_path(const char *path)
{
    vp_error_start(&error);
    return vp_checkpoint_read(path, "/model/path", &facts, &error);
}

static void must_read(const char *path)
{
    if (!read_path(path)) fail_msg("%s", error.message);
}

static void must_fail(const char *path, int32_t code, const char *says)
{
    if (read_path(path)) fail_msg("%s was read", path);
    t_contains(error.message, says);
    t_u64_case(error.message, (uint64_t)-error.code, (uint64_t)-code);
    assert_int_equal(strncmp(error.path, "/model/path", 11), 0);
}

static bool has_finding(const char *code)
{
    for (uint32_t i = 0; i < facts.finding_count; i++)
        if (strcmp(facts.findings[i].code, code) == 0) return true;
    return false;
}

static void sharded_models_are_read(void **state)
{
    (void)state;
    put_model();
    put_shard("stale.safetensors", "{" T("old", "[1]", 0, 2) "}", 2); /* the index does not name it */
    must_read(root);
    t_u64(facts.shards, 2);
    t_u64(facts.header_bytes, 16 + strlen(FIRST) + strlen(SECOND));
    t_u64(facts.inventory.checkpoint_bytes, FIRST_BYTES + SECOND_BYTES);
    t_u64(facts.inventory.other_tensors, 0);
    t_u64(facts.attention.count, 1);
    t_u64(facts.finding_count, 0);
    assert_true(facts.inventory.from_headers);
    assert_int_equal(unlink(in_root("model.safetensors.index.json")), 0);
    put_shard("consolidated.00.safetensors", "{" T("tok_embeddings.weight", "[1]", 0, 2) "}", 2);
    must_read(root); /* vLLM opens every *.safetensors now, but not Mistral's second copy */
    t_u64(facts.shards, 3);
    t_u64(facts.inventory.other_tensors, 1);
    assert_int_equal(symlink("b.safetensors", in_root("c.safetensors")), 0); /* as the hub cache has them */
    must_read(root);
    t_u64(facts.inventory.other_tensors, 1 + 9);
}

static void one_file_is_a_model_too(void **state)
{
    (void)state;
    static char whole[8192];
    vp_writer w;
    put("config.json", CONFIG);
    vp_writer_start(&w, whole, sizeof whole);
    vp_put_format(&w, "%.*s,", (int)strlen(SECOND) - 1, SECOND);
    vp_put(&w, T("model.embed_tokens.weight", "[3,4]", 192, 216) "," T(
                   "lm_head.weight", "[3,4]", 216, 240) "," T("model.norm.weight", "[4]", 240, 248) "}");
    put_shard("model.safetensors", whole, 248);
    must_read(root);
    t_u64(facts.inventory.checkpoint_bytes, 248);
    must_read(in_root("model.safetensors"));
    t_u64(facts.inventory.checkpoint_bytes, 248);
    put("weights.gguf", "GGUF");
    must_fail(in_root("weights.gguf"), VLLMPLAN_E_CHECKPOINT, "GGUF file");
    must_fail(in_root("config.json"), VLLMPLAN_E_CHECKPOINT, "not a model directory");
    must_fail(in_root("other.safetensors"), VLLMPLAN_E_NOT_FOUND, "no directory or file");
    must_fail(in_root("nowhere/at/all"), VLLMPLAN_E_NOT_FOUND, "no directory or file");
    must_fail("", VLLMPLAN_E_NOT_FOUND, "no directory or file");
}

static void other_directories_get_their_own_message(void **state)
{
    (void)state;
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "is an empty directory");
    put("README.md", "x");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "has no config.json");
    put("model-q4.gguf", "GGUF");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "GGUF files (model-q4.gguf)");
    make_dir("checkpoint-900");
    make_dir("checkpoint-1500");
    put("checkpoint-2000", "a file");
    put("checkpoint-last", "x");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "/checkpoint-1500");
    put("adapter_config.json", "{\"base_model_name_or_path\":\"org/base\\n\",\"r\":8}");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "LoRA adapter, not a model; plan for its base model org/base?");
    put("config.json", CONFIG);
    put_shard("adapter_model.safetensors", "{}", 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "LoRA adapter");
}

static void hub_folders_get_their_own_message(void **state)
{
    (void)state;
    make_dir("refs");
    make_dir("snapshots");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "folder of the hub cache");
}

static void configs_must_be_files(void **state)
{
    (void)state;
    make_dir("config.json");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "config.json in");
    assert_int_equal(rmdir(in_root("config.json")), 0);
    assert_int_equal(mkfifo(in_root("config.json"), 0600), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "is not a regular file"); /* and does not wait for a writer */
    assert_int_equal(unlink(in_root("config.json")), 0);
    assert_int_equal(symlink("/dev/zero", in_root("config.json")), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "is not a regular file");
    assert_int_equal(unlink(in_root("config.json")), 0);
    assert_int_equal(symlink("gone", in_root("config.json")), 0);
    must_fail(root, VLLMPLAN_E_NOT_FOUND, "does not exist");
    assert_int_equal(unlink(in_root("config.json")), 0);
    put("config.json", "{\"architectures\":3}");
    must_fail(root, VLLMPLAN_E_MISSING, "architectures");
    t_text(error.path, "/model/path/config.json/architectures");
    put("config.json", "{");
    assert_int_equal(truncate(in_root("config.json"), (16 << 20) + 1), 0);
    must_fail(root, VLLMPLAN_E_LIMIT, "larger than what is read");
}

static void damaged_shards_are_named(void **state)
{
    (void)state;
    put_model();
    assert_int_equal(truncate(in_root("b.safetensors"), (off_t)(8 + strlen(SECOND) + SECOND_BYTES - 50)), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "b.safetensors: the file is 50 bytes shorter");
    assert_int_equal(truncate(in_root("b.safetensors"), 100), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "b.safetensors has 100 bytes, but its tensor header alone needs");
    assert_int_equal(truncate(in_root("b.safetensors"), 7), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "b.safetensors has 7 bytes");
    put("b.safetensors",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef\nsize 4976698672\n");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "b.safetensors is a git-lfs pointer");
    put("b.safetensors", "<!DOCTYPE html><html><body>Not found</body></html>");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "b.safetensors is not a safetensors file");
    assert_int_equal(unlink(in_root("b.safetensors")), 0);
    assert_int_equal(mkfifo(in_root("b.safetensors"), 0600), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "is not a regular file");
    assert_int_equal(unlink(in_root("b.safetensors")), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "1 of the 2 shards");
    t_contains(error.message, "the first is b.safetensors");
    assert_int_equal(unlink(in_root("a.safetensors")), 0);
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "2 of the 2 shards");
}

static void an_index_must_tell_the_truth(void **state)
{
    (void)state;
    put_model();
    put("model.safetensors.index.json",
        "{\"weight_map\":{\"model.extra\":\"a.safetensors\",\"x\":\"b.safetensors\"}}");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "promises tensor \"model.extra\" in a.safetensors");
    put("model.safetensors.index.json", "{\"weight_map\":{\"x\":\"../a.safetensors\"}}");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "not the plain name");
    put("model.safetensors.index.json", "{\"weight_map\":{\"model.norm.weight\":\"a.safetensors\"}}");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "lack 9 tensors"); /* the second shard is not opened */
    t_text(error.path, "/model/path");
}

static void models_without_headers_follow_from_the_config(void **state)
{
    (void)state;
    put("config.json", CONFIG);
    must_read(root);
    assert_true(has_finding("no_weight_files"));
    assert_false(facts.inventory.from_headers);
    t_u64(facts.inventory.checkpoint_bytes, FIRST_BYTES + SECOND_BYTES);
    put("weights.gguf", "GGUF");
    must_fail(root, VLLMPLAN_E_CHECKPOINT, "GGUF only");
    put("pytorch_model-00001-of-00002.bin", "12345");
    put("pytorch_model-00002-of-00002.bin", "123");
    put("training_args.bin", "x");
    put("optimizer.pt", "x");
    must_read(root);
    assert_true(has_finding("tensor_headers_unreadable"));
    t_u64(facts.inventory.checkpoint_bytes, 8);
    t_u64(facts.shards, 0);
    put("config.json", "{\"architectures\":[\"SomeModel\"]}");
    must_read(root);
    t_u64(facts.inventory.count, 0);
    t_u64(facts.inventory.checkpoint_bytes, 8);
}

static void side_files_speak_when_the_config_does_not(void **state)
{
    (void)state;
    put("config.json", CONFIG);
    put("quantize_config.json", "{\"bits\":4,\"group_size\":128,\"desc_act\":false}");
    must_read(root);
    t_text(facts.model.stored.method, "gptq");
    assert_true(has_finding("quantization_in_side_file"));
    put("hf_quant_config.json",
        "{\"producer\":{\"name\":\"modelopt\"},\"quantization\":{\"quant_algo\":\"FP8\"}}");
    must_read(root);
    t_text(facts.model.stored.method, "modelopt");
    assert_false(has_finding("quantization_in_side_file"));
    put("hf_quant_config.json", "[]");
    must_fail(root, VLLMPLAN_E_TYPE, "not an object");
    t_text(error.path, "/model/path/hf_quant_config.json");
}

static bool find(const char *id, const char *revision, char *out, size_t room)
{
    vp_error_start(&error);
    return vp_checkpoint_find_hub(root, id, revision, out, room, "/model/id", &error);
}

static void the_hub_cache_is_searched(void **state)
{
    (void)state;
    char out[256];
    make_dir("models--org--name");
    make_dir("models--org--name/refs");
    make_dir("models--org--name/refs/pr");
    make_dir("models--org--name/snapshots");
    make_dir("models--org--name/snapshots/0123abcd");
    make_dir("models--plain");
    put("models--org--name/refs/main", "0123abcd\n");
    put("models--org--name/refs/pr/1", "0123abcd");
    put("models--org--name/refs/gone", "ffff");
    put("models--org--name/refs/bad", "../../..");
    static const char *const there[] = {NULL, "main", "pr/1", "0123abcd"};
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++) {
        if (!find("org/name", there[i], out, sizeof out)) fail_msg("%s", error.message);
        t_text(out, in_root("models--org--name/snapshots/0123abcd"));
    }
    assert_false(find("org/name", "gone", out, sizeof out));
    t_contains(error.message, "not at revision gone");
    t_u64((uint64_t)-error.code, (uint64_t)-VLLMPLAN_E_NOT_FOUND);
    assert_false(find("org/name", "bad", out, sizeof out));
    assert_false(find("plain", NULL, out, sizeof out));
    assert_false(find("org/other", NULL, out, sizeof out));
    t_contains(error.message, "org/other is not in the hub cache");
    assert_false(find("org/name", NULL, out, 20));
    t_u64((uint64_t)-error.code, (uint64_t)-VLLMPLAN_E_LIMIT);
    static const char *const ids[] = {"",          "/",      "a/b/c",      "../x",         "a/..",
                                      "org/na me", "org//x", "/name",      "name/",        ".x/y",
                                      "x/-y",      "a--b",   "org/na\nme", "org/n\xC3\xA4"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        if (find(ids[i], NULL, out, sizeof out)) fail_msg("%s was taken", ids[i]);
        t_u64_case(ids[i], (uint64_t)-error.code, (uint64_t)-VLLMPLAN_E_RANGE);
    }
    static const char *const revisions[] = {"", "..", "../../etc", "/etc", "a//b", "a/", "a b", ".git"};
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        if (find("org/name", revisions[i], out, sizeof out)) fail_msg("%s was taken", revisions[i]);
        t_u64_case(revisions[i], (uint64_t)-error.code, (uint64_t)-VLLMPLAN_E_RANGE);
    }
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ROOT(sharded_models_are_read),
        WITH_ROOT(one_file_is_a_model_too),
        WITH_ROOT(other_directories_get_their_own_message),
        WITH_ROOT(hub_folders_get_their_own_message),
        WITH_ROOT(configs_must_be_files),
        WITH_ROOT(damaged_shards_are_named),
        WITH_ROOT(an_index_must_tell_the_truth),
        WITH_ROOT(models_without_headers_follow_from_the_config),
        WITH_ROOT(side_files_speak_when_the_config_does_not),
        WITH_ROOT(the_hub_cache_is_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
