//! Forgetting the guard does not compile, and the compiler says so in words that help.

#[test]
fn forgetting_the_guard_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
