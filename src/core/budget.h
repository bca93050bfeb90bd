/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of one GPU: what vLLM asks for, every subtraction, and the verdict that follows. */
#ifndef VP_CORE_BUDGET_H
#define VP_CORE_BUDGET_H

#include "core/evaluate.h"

/** Fills free, requested and available bytes of a rank whose other terms are known. */
void vp_budget_of_rank(const vp_request *request, const vp_engine_args *args, bool weights_known,
                       vp_rank *rank);
/** Walks the steps of a start in their order: the verdict, the first failing step, what is missing. */
void vp_budget_verdict(const vp_request *request, vp_arena *arena, vp_evaluation *evaluation);

#endif
