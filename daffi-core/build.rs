//! Builds nothing. It is here because `links` asks for it, by which Cargo lets no program have two versions of daffi: what is annotated with the one
//! would not be found by the other, without a word.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
