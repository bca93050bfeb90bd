/* SPDX-License-Identifier: Apache-2.0 */
/* One text as one word of another language. Every text that is no word of ours goes through here. */
#ifndef VP_LAUNCH_QUOTE_H
#define VP_LAUNCH_QUOTE_H

#include "base/vp_text.h"

/** `program`: in the place of the program, where NAME=value would be an assignment. */
void vp_quote_posix(vp_writer *w, const char *word, bool program);
void vp_quote_fish(vp_writer *w, const char *word);
/** For PowerShell 7.3 and newer: older ones hand '"' on to a program in their own way. */
void vp_quote_powershell(vp_writer *w, const char *word);
/** An argument in a batch file of cmd.exe, for a program that splits its line as the C runtime does. Not for
 *  texts that vp_cmd_refuses(). */
void vp_quote_cmd(vp_writer *w, const char *word);
/** What stands behind NAME= of a batch file's `set`, unquoted. */
void vp_quote_cmd_value(vp_writer *w, const char *text);
/** Whether a batch file has no way to say this: it ends a command at a newline. */
bool vp_cmd_refuses(const char *text);

/** A YAML scalar between double quotes. */
void vp_quote_yaml(vp_writer *w, const char *text);
/** The same where Compose or Kubernetes looks for variables: every '$' is doubled. */
void vp_quote_yaml_dollar(vp_writer *w, const char *text);

/** A word of a systemd unit: Environment=, and with `dollar` an argument of ExecStart=, where '$' means a
 *  variable. The program of ExecStart= takes none. */
void vp_quote_systemd(vp_writer *w, const char *text, bool dollar);

/** A field of a list that is separated by commas, as docker's --mount and --gpus read it (RFC 4180). */
void vp_quote_csv(vp_writer *w, const char *text);

/** Whether a word begins as an option does: for line breaks only. */
bool vp_word_is_option(const char *word);
/** Whether a text holds a control character. */
bool vp_text_has_control(const char *text);

#endif
