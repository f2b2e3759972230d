//! What the interpreter's `**` calls.
//!
//! An operator cannot be put in another's place as a function of `Math` can: in the interpreter it is the platform's `pow`.
//! For the browser that is the one of `libm`; here it is given that name, so that both give the same last digit.

/// `pow` of C.
#[expect(unsafe_code, reason = "the name is what is wanted, and the function does what C says of it")]
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Keeps the function in the program although nothing in it names it.
#[used]
static KEPT: extern "C" fn(f64, f64) -> f64 = pow;
