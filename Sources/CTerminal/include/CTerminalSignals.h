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

/// Has ncurses do without repeating characters, shifting lines and inserting or deleting characters by control sequences
/// that many terminals which call themselves xterm do not know, or after which they fill up with another background: it
/// is given a description of the terminal without them, in TERMINFO, see ncurses(3x).
/// To be called before there are other threads.
void terminal_prefer_plain(void);

/// Whether the kind of the terminal is known; what fails here would otherwise end the process.
int terminal_is_known(void);

/// Whether the terminal can put its cursor anywhere, and whether it shows a title as xterm does; both only once it is
/// known, see terminfo(5) and user_caps(5).
int terminal_can_address(void);
int terminal_has_title(void);

/// Whether the former title is to be given back when the process dies of a crash.
void terminal_is_titled(int titled);

/// Writes to the terminal what ncurses knows nothing of.
void terminal_say(const char *text);
