/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations: what Python's re.match and fnmatch.fnmatchcase answer. */
#include "../support/t_assert.h"
#include "hf/pattern.h"

static vp_pattern pattern;

static void expressions_match_as_python_does(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {".*self_attn.*", "model.layers.3.self_attn.qkv_proj", true},
        {".*self_attn.*", "model.layers.3.mlp.down_proj", false},
        {".*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.0.mlp.gate_up_proj", true},
        {".*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.0.mlp.experts.0.up_proj", false},
        {"lm_head", "lm_head.weight", true}, /* from the front, not the whole */
        {"head", "lm_head", false},
        {"model\\.layers\\.(0|1[0-2])\\.", "model.layers.11.mlp", true},
        {"model\\.layers\\.(0|1[0-2])\\.", "model.layers.1.mlp", false},
        {"model\\.layers\\.\\d+\\.mlp$", "model.layers.42.mlp", true},
        {"model\\.layers\\.\\d+\\.mlp$", "model.layers.42.mlp.up", false},
        {"^a{2,3}b?$", "aaab", true},
        {"^a{2,3}b?$", "ab", false},
        {"(?:ab)+c", "ababc", true},
        {"(?:ab)+c", "abac", false},
        {"[^.]+\\.w", "x.w", true},
        {"[^.]+\\.w", ".w", false},
        {"a|", "b", true}, /* an empty choice takes anything */
        {".*?proj", "q_proj", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!vp_pattern_compile(vp_str_from(cases[i].pattern), &pattern)) fail_msg("%s", cases[i].pattern);
        t_u64_case(cases[i].pattern, vp_pattern_matches(&pattern, vp_str_from(cases[i].name)),
                   cases[i].matches);
    }
}

static void what_is_not_understood_is_said(void **state)
{
    (void)state;
    static const char *const odd[] = {"(?!x)a", "(?<=x)a", "(a)\\1", "a(",    "a)",
                                      "[a",     "*a",      "a{2",    "(?i)a", "a\\"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        if (vp_pattern_compile(vp_str_from(odd[i]), &pattern)) fail_msg("%s was taken", odd[i]);
}

/** What makes a matcher that goes back take 2^n steps. */
static void no_pattern_takes_long(void **state)
{
    (void)state;
    char name[1001];
    memset(name, 'a', 1000);
    name[1000] = '\0';
    assert_true(vp_pattern_compile(vp_str_from("(a*)*(a|a)*(a?){30}b"), &pattern));
    assert_false(vp_pattern_matches(&pattern, vp_str_from(name)));
    assert_false(vp_wildcard_matches(vp_str_from("*a*a*a*a*a*a*a*a*b"), vp_str_from(name)));
}

static void wildcards_match_the_whole_name(void **state)
{
    (void)state;
    static const struct {
        const char *wildcard, *name;
        bool matches;
    } cases[] = {
        {"layers.0*", "layers.0.self_attn.q_proj", true},
        {"layers.0*", "layers.1.self_attn.q_proj", false},
        {"*.mlp.shared_expert.*", "layers.3.mlp.shared_expert.up_proj", true},
        {"*.mlp.shared_expert.*", "layers.3.mlp.shared_experts.up_proj", false},
        {"lm_head", "lm_head", true},
        {"lm_hea", "lm_head", false},
        {"l?_head", "lm_head", true},
        {"layers.[0-2].*", "layers.1.x", true},
        {"layers.[!0-2].*", "layers.1.x", false},
        {"*", "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        t_u64_case(cases[i].wildcard,
                   vp_wildcard_matches(vp_str_from(cases[i].wildcard), vp_str_from(cases[i].name)),
                   cases[i].matches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_match_as_python_does),
        cmocka_unit_test(what_is_not_understood_is_said),
        cmocka_unit_test(no_pattern_takes_long),
        cmocka_unit_test(wildcards_match_the_whole_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
