# Code without call frame information: the reader has to go by the ABI's conventions.
        .text
        .globl _start
_start:
        li      s0, 0
        call    framed
        li      a7, 93
        ecall

        .globl framed
framed:
        addi    sp, sp, -32
        sd      ra, 24(sp)
        sd      s0, 16(sp)
        addi    s0, sp, 32

        call    leaf
after_leaf:
        ld      s0, 16(sp)
        ld      ra, 24(sp)
        addi    sp, sp, 32
        ret

        .globl leaf
leaf:
        li      a0, 0
        ret
        .globl trampoline
trampoline:
        li      a7, 139
        ecall
