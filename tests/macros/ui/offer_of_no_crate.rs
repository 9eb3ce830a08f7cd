daffi::offer!("plug");

daffi::offer!(shop::plug);

daffi::offer!();

fn main() {}
