#pragma once

/// Has SIGWINCH, SIGHUP, SIGTERM, SIGINT, SIGTSTP and SIGCONT written to a pipe, a byte each, and returns the end to
/// read from, or -1.
int terminal_signals_to_pipe(void);

/// Remembers how the terminal is set now, and has it set so again before the process dies of a crash.
void terminal_restore_on_crash(void);

/// Stops this process as Ctrl-Z does, and returns when it goes on.
void terminal_stop_process(void);

/// The size of the terminal, asked from it.
int terminal_size(int *width, int *height);

/// The columns of a character, as the C library measures them for this locale.
int terminal_character_width(int character);

/// Has characters written out instead of repeated by a control sequence: many terminals that call themselves xterm do
/// not know it.
void terminal_avoid_repeat(void);

/// Whether the kind of the terminal is known; what fails here would otherwise end the process.
int terminal_is_known(void);
