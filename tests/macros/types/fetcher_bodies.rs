#![allow(unused)]

use daffi::fetcher;

#[fetcher]
fn one_value(value: u8) -> u8 {
    //                        ^ computes the arguments as a tuple … and `u8` is none … write `(value,)` … leave the body out
    value + 1
}

#[fetcher]
fn one_value_in_parentheses(value: u8) -> u8 {
    //                                       ^ computes the arguments as a tuple … and `u8` is none
    (value + 1)
}

#[fetcher]
fn in_a_branch(value: u8) -> u8 {
    //                          ^ computes the arguments as a tuple … and `u8` is none
    if value == 0 { 1 } else { value }
}

#[fetcher]
fn not_at_all(value: u8) -> u8 {
    //                         ^ computes the arguments as a tuple … is none
    Some(value)
}

#[fetcher]
fn left_early(value: u8) -> u8 {
    if value == 0 {
        return value;
        //     ^ expected `(_, _)`, found `u8`
    }
    (value, 1)
}

#[fetcher]
fn question_mark(text: &str) -> u8 {
    (text.parse::<u8>()?,)
    //                 ^ the `?` operator
}

fn main() {}
