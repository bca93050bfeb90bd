/* SPDX-License-Identifier: Apache-2.0 */
/* Room for adapters (LoRA), which is made with the layers whether an adapter is loaded or not. */
#ifndef VP_CORE_LORA_H
#define VP_CORE_LORA_H

#include "core/request.h"
#include "core/weights.h"

/** Adapters that may be active at once; 0 = --enable-lora was not asked. */
uint64_t vp_lora_slots(const vp_settings *settings);
/** Bytes of the slots on one pipeline rank. */
uint64_t vp_lora_bytes(const vp_settings *settings, const vp_weights_case *c, uint32_t pp_rank);

#endif
