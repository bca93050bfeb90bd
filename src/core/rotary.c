/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rotary.h"

#include "base/vp_int.h"
#include "data/release_rules.h"

/** Rows of a table (layers/rotary_embedding/, one class a kind): as long as the model's positions, not as
 *  long as max_model_len. */
static double rows_of(const vp_rope *rope, vp_release release)
{
    double rows = (double)rope->max_position;
    double original = (double)(rope->original_max ? rope->original_max : rope->max_position);
    switch (rope->kind) {
    case VP_ROPE_LINEAR:
        return rows * rope->factor;
    case VP_ROPE_DYNAMIC:
        return vp_rule_value(VP_RULE_DYNAMIC_ROPE_IS_SHORT, release) ? rows : rows * rope->factor;
    case VP_ROPE_YARN:
        return original * rope->factor;
    case VP_ROPE_LONG: /* phi3_long_rope_scaled_rope.py: the short table, then the long one */
        return original + rows;
    case VP_ROPE_DEFAULT:
    case VP_ROPE_LLAMA3:
    case VP_ROPE_OTHER:
    case VP_ROPE_KINDS:
        break;
    }
    return rows;
}

uint64_t vp_rotary_bytes(const vp_rope *rope, vp_dtype model_dtype, vp_release release, bool own_operators)
{
    /* mrope.py:MRotaryEmbedding.__init__ */
    bool once = rope->counted && vp_rule_value(VP_RULE_COUNTED_POSITIONS, release);
    double rows = rows_of(rope, release) * (double)(once ? 1 : vp_max(1, rope->times));
    uint64_t whole = rows < 9e15 ? (uint64_t)rows : VP_MAX_FIGURE;
    if ((double)whole < rows) whole++; /* torch.arange over a fraction rounds up */
    bool single = rope->single || (rope->single_operator && own_operators);
    uint64_t bytes = vp_dtype_bytes(single ? VP_DTYPE_FLOAT32 : model_dtype, vp_mul(whole, rope->rotary_dim));
    return rope->both_styles ? vp_mul(2, bytes) : bytes;
}
