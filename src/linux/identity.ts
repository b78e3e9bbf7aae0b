/** Who the guest is: an ordinary user on a machine named pagewalk. */
export const USER_ID = 1000;
export const GROUP_ID = 1000;

/** sysconf(_SC_CLK_TCK). */
export const CLOCK_TICKS = 100;

/** uname(2), in the order of struct utsname. */
export const UTSNAME = ['Linux', 'pagewalk', '6.6.0', '#1 Pagewalk', 'riscv64', '(none)'] as const;
