/* SPDX-License-Identifier: Apache-2.0 */
/* Weight memory of one rank: a sum over the allocations that vLLM makes for the inventory. */
#ifndef VP_CORE_WEIGHTS_H
#define VP_CORE_WEIGHTS_H

#include "base/vp_release.h"
#include "core/inventory.h"
#include "core/layout.h"
#include "core/model.h"
#include "data/methods.h"

typedef struct vp_weights_case {
    const vp_model *model;
    const vp_inventory *inventory;
    vp_release release;
    vp_packing packing;       /* what becomes of linear layers and experts while loading */
    bool stored;              /* the files are packed already: each group's own scheme counts */
    vp_dtype dtype;           /* the model's dtype in vLLM: 16 bit as a rule */
    uint16_t capability;      /* 86 */
    uint16_t multiprocessors; /* 0 = not known */
    uint32_t tp, pp;
    uint64_t step_tokens;     /* max_num_batched_tokens */
    uint64_t max_model_len;   /* 0 = as long as the model's positions */
    bool encoders_whole;      /* towers that can be are held whole by every rank: mm_encoder_tp_mode data */
    bool no_vision, no_audio; /* encoders that are not loaded */
    bool encoders_first;      /* towers stand on the first pipeline rank only: model runner V2 */
    uint32_t expert_tp;       /* each expert is split over that many ranks: tp * dp; 0 = tp */
    uint32_t expert_ranks;    /* experts are divided whole over that many ranks; 0 = each is split */
    uint64_t batched_tokens, max_seqs; /* buffers made with the model are that long; 0 = not counted */
    bool quantized_cache;              /* cached elements of 8 bits or less */
    bool own_operators; /* vLLM's operators in place of compiled ones: enforce_eager, uncompiled classes */
} vp_weights_case;

typedef struct vp_weights {
    uint64_t bytes;                  /* what stays after loading, unrounded [bytes_final] */
    uint64_t allocated;              /* each tensor rounded up to the allocator's 512 [bytes_final_512] */
    uint64_t created;                /* what construction allocates before the first tensor is read */
    uint64_t load_peak;              /* the most that is held on the way */
    uint64_t by_role[VP_ROLE_COUNT]; /* of `bytes`; rotary tables and scalars count as other */
    uint64_t attention_layers;       /* layers of this rank whose attention keeps scales for itself */
    bool proved; /* this packing on this capability was compared with vLLM's own classes */
} vp_weights;

/** True when the card's own 8-bit kernels serve fp8, else Marlin unpacks to 16 bit (weight-only). */
bool vp_weights_native_fp8(uint16_t capability);

/** False when vLLM refuses to build this (fp8_per_channel without native kernels, sizes that a kernel
 *  cannot take, stored 4-bit files over several ranks); `why` gets the sentence, `step` the step. */
bool vp_weights_possible(const vp_weights_case *c, vp_writer *why, const char **step);

/** False when some module is stored in a way whose size is not known. */
bool vp_weights_known(const vp_weights_case *c);

/** Adds an allocation that is made `times` times. */
void vp_weights_count(vp_weights *out, vp_role role, uint64_t bytes, uint64_t times);

/** Computes one pipeline rank; tensor-parallel ranks are alike. */
void vp_weights_of_rank(const vp_weights_case *c, uint32_t pp_rank, vp_weights *out);

#endif
