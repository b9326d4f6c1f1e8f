#pragma once

// ncurses' macros and variadic functions do not import into Swift; these inline functions do.
#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif
#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <stdint.h>
#include <wchar.h>

static inline void terminal_draw(int y, int x, const wchar_t *text, int count, attr_t attributes, int pair) {
    attr_set(attributes, (short)pair, &pair);
    mvaddnwstr(y, x, text, count);
}
static inline void terminal_set_background(attr_t attributes, int pair) {
    cchar_t blank;
    wchar_t space[2] = {L' ', 0};
    setcchar(&blank, space, attributes, (short)pair, &pair);
    bkgrndset(&blank);
}
static inline attr_t terminal_attribute_bold(void) { return A_BOLD; }
static inline attr_t terminal_attribute_dim(void) { return A_DIM; }
static inline attr_t terminal_attribute_reverse(void) { return A_REVERSE; }
static inline attr_t terminal_attribute_underline(void) { return A_UNDERLINE; }
static inline attr_t terminal_attribute_italic(void) { return A_ITALIC; }
static inline int terminal_colors(void) { return COLORS; }
static inline int terminal_color_pairs(void) { return COLOR_PAIRS; }
static inline int terminal_lines(void) { return LINES; }
static inline int terminal_columns(void) { return COLS; }
static inline WINDOW *terminal_window(void) { return stdscr; }
static inline int terminal_error(void) { return ERR; }
static inline int terminal_key_code_yes(void) { return KEY_CODE_YES; }

static inline int terminal_key_resize(void) { return KEY_RESIZE; }
static inline int terminal_key_mouse(void) { return KEY_MOUSE; }
static inline int terminal_key_up(void) { return KEY_UP; }
static inline int terminal_key_down(void) { return KEY_DOWN; }
static inline int terminal_key_left(void) { return KEY_LEFT; }
static inline int terminal_key_right(void) { return KEY_RIGHT; }
static inline int terminal_key_home(void) { return KEY_HOME; }
static inline int terminal_key_end(void) { return KEY_END; }
static inline int terminal_key_page_up(void) { return KEY_PPAGE; }
static inline int terminal_key_page_down(void) { return KEY_NPAGE; }
static inline int terminal_key_backspace(void) { return KEY_BACKSPACE; }
static inline int terminal_key_delete(void) { return KEY_DC; }
static inline int terminal_key_enter(void) { return KEY_ENTER; }
static inline int terminal_key_back_tab(void) { return KEY_BTAB; }
static inline int terminal_key_f1(void) { return KEY_F(1); }

static inline int terminal_key_paste_begins(void) { return KEY_MAX + 1; }
static inline int terminal_key_paste_ends(void) { return KEY_MAX + 2; }
/// Has what stands before and after pasted text come as those two keys, see define_key(3ncurses).
static inline void terminal_know_paste(void) {
    define_key("\033[200~", terminal_key_paste_begins());
    define_key("\033[201~", terminal_key_paste_ends());
}

static inline void terminal_mouse_enable(void) {
    mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    mouseinterval(0);
}
/// 1: left press, 2: double click, 3: wheel up, 4: wheel down, 0: nothing of use.
static inline int terminal_mouse_read(int *x, int *y) {
    MEVENT event;
    if (getmouse(&event) != OK) return 0;
    *x = event.x;
    *y = event.y;
    if (event.bstate & BUTTON1_DOUBLE_CLICKED) return 2;
    if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) return 1;
    if (event.bstate & BUTTON4_PRESSED) return 3;
    if (event.bstate & BUTTON5_PRESSED) return 4;
    return 0;
}
