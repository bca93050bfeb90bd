/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes of each kind of layer with a state; its `layers` are set. */
#ifndef VP_HF_CONFIG_STATE_H
#define VP_HF_CONFIG_STATE_H

#include "hf/reader.h"

bool vp_config_mamba1(vp_reader *r, vp_mixer *m); /* config_mamba.c */
bool vp_config_mamba2(vp_reader *r, vp_mixer *m);
bool vp_config_gdn(vp_reader *r, vp_mixer *m); /* config_gdn.c */
bool vp_config_kda(vp_reader *r, vp_mixer *m);
bool vp_config_short_conv(vp_reader *r, vp_mixer *m);
bool vp_config_lightning(vp_reader *r, vp_mixer *m);

#endif
