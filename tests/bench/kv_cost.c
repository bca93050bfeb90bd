/* SPDX-License-Identifier: Apache-2.0 */
/* One evaluation of the KV cache, alone in a function, for an instruction counter: kv_cost.py. */
#include <stdio.h>

#include "../support/t_kv.h"

/** Shape, pool and longest length, as a plan asks for them. */
__attribute__((noinline)) uint64_t one_evaluation(const vp_kv_case *c);

uint64_t one_evaluation(const vp_kv_case *c)
{
    vp_kv_shape shape;
    vp_kv_pool pool;
    uint64_t available = (uint64_t)8 << 30;
    vp_kv_shape_of_rank(c, 0, &shape);
    vp_kv_pool_of_blocks(c, &shape, vp_kv_blocks(&shape, available), &pool);
    return pool.tokens + vp_kv_longest_len(c, &shape, available);
}

int main(int count, char **arguments)
{
    static vp_attention_list list;
    vp_kv_case c;
    if (count == 2 && strcmp(arguments[1], "dense") == 0) { /* Llama 3 70B */
        t_heads(t_add(&list, VP_ATTENTION_FULL, 0, 1, 80), 8, 128, 0);
        c = t_case(&list, 80, 131072, 8192);
    } else if (count == 2 && strcmp(arguments[1], "packed") == 0) {
        t_deepseek_v4(&list);
        c = t_case(&list, 43, 1048576, 8192);
    } else if (count == 2 && strcmp(arguments[1], "states") == 0) { /* Nemotron-H-56B: 54 and 10 layers */
        t_states(t_add(&list, VP_ATTENTION_STATE, 0, 1, 54), VP_RECURRENCE_MAMBA2, 16384, 256, 64 * 256,
                 VP_DTYPE_FLOAT32);
        t_heads(t_add(&list, VP_ATTENTION_FULL, 54, 1, 64), 8, 128, 0);
        c = t_case(&list, 64, 1048576, 8192);
    } else {
        return 2;
    }
    printf("%llu\n", (unsigned long long)one_evaluation(&c));
    return 0;
}
