//! Published examples of signed tokens and of keys, and signatures that are nearly right (goal S16).
//!
//! Encrypted tokens (JWE, RFC 7516, and the key agreement of RFC 7518, appendix C) are not read anywhere: there is nothing
//! that their examples could be put to, and such a token has five parts.

use serde_json::{Value, json};

use super::*;

fn keys(keys: &[Value]) -> Keys {
    serde_json::from_value(json!({ "keys": keys })).unwrap()
}

fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// RFC 7515, appendix A.3: an ES256 signature and its key.
const MESSAGE: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fn p256(x: &str, y: &str) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
}

/// RFC 7520, sections 3.4 and 4.1.
const COOKBOOK: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";
const COOKBOOK_N: &str = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";

fn cookbook() -> Value {
    json!({ "kty": "RSA", "kid": "bilbo.baggins@hobbiton.example", "use": "sig", "n": COOKBOOK_N, "e": "AQAB" })
}

#[test]
fn the_example_of_the_cookbook_is_read_and_its_key_is_found_by_its_name() {
    let payload = opened(COOKBOOK, &keys(&[cookbook(), p256(X, Y)])).unwrap();
    assert!(String::from_utf8(payload).unwrap().starts_with("It’s a dangerous business, Frodo"));
    let mut other = cookbook();
    other["kid"] = json!("frodo.baggins@hobbiton.example");
    assert_eq!(opened(COOKBOOK, &keys(&[other])), Err(TokenError::Key));
    for at in [COOKBOOK.len() - 2, COOKBOOK.len() - 100, 90] {
        let mut changed = COOKBOOK.to_owned().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(opened(&String::from_utf8(changed).unwrap(), &keys(&[cookbook()])), Err(TokenError::Signature));
    }
}

/// The headers of the examples of RFC 7515 (A.1, A.4, A.5), RFC 7520 (4.2 to 4.4) and RFC 8037 (A.4); the others of RFC 7518's
/// table; and of the encrypted ones of RFC 7516.
#[test]
fn no_example_that_is_signed_in_another_way_is_taken() {
    let all = keys(&[cookbook(), p256(X, Y)]);
    let signature = COOKBOOK.rsplit('.').next().unwrap();
    for alg in [
        "HS256", "HS384", "HS512", "RS384", "RS512", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA", "ES256K",
        "none",
    ] {
        let token = format!("{}.e30.{signature}", part(json!({ "alg": alg }).to_string().as_bytes()));
        assert_eq!(opened(&token, &all), Err(TokenError::Algorithm), "{alg}");
    }
    // RFC 7515, A.5: unsecured, with nothing behind the last full stop.
    let unsecured = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    assert_eq!(opened(unsecured, &all), Err(TokenError::Algorithm));
    // RFC 7516, A.1: five parts.
    let encrypted = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ";
    assert_eq!(opened(encrypted, &all), Err(TokenError::Shape));
    // RFC 7515, A.6: as JSON.
    let json =
        json!({ "payload": "e30", "signatures": [{ "protected": "eyJhbGciOiJFUzI1NiJ9", "signature": SIGNATURE }] });
    assert_eq!(opened(&json.to_string(), &all), Err(TokenError::Shape));
}

/// RFC 7517, appendix A.1 (public keys), A.2 (private ones have more fields, and are as good), A.3 (symmetric ones).
#[test]
fn the_example_keys_of_the_standard_are_chosen_by_what_they_are_for() {
    let ec = json!({
        "kty": "EC", "crv": "P-256", "use": "enc", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    let rsa = json!({
        "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    });
    let oct = json!({ "kty": "oct", "alg": "A128KW", "k": "GawgguFyGrWKav7AX4VKUg" });
    let mac = json!({ "kty": "oct", "kid": "HMAC key used in JWS spec Appendix A.1 example",
        "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow" });
    let set = keys(&[ec.clone(), rsa.clone(), oct, mac]);
    let found = |algorithm, kid| set.the_one(algorithm, kid).map(|key| key.kid);
    assert_eq!(found(Algorithm::Rs256, None), Ok(Some("2011-04-29".to_owned())));
    assert_eq!(found(Algorithm::Rs256, Some("2011-04-29")), Ok(Some("2011-04-29".to_owned())));
    assert_eq!(found(Algorithm::Rs256, Some("1")), Err(TokenError::Key));
    assert_eq!(found(Algorithm::Es256, Some("1")), Err(TokenError::Key), "it is for encrypting");
    let (mut signs, mut private) = (ec, rsa);
    signs["use"] = json!("sig");
    private["d"] = json!(
        "X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cPVY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q"
    );
    let set = keys(&[signs, private]);
    assert_eq!(set.the_one(Algorithm::Es256, None).map(|key| key.kid), Ok(Some("1".to_owned())));
    assert!(set.the_one(Algorithm::Rs256, None).is_ok());
}

/// The order of the group of P-256, and the prime of its field (FIPS 186-4, D.1.2.3).
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const PRIME: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

fn number(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// `a - b`, of big numbers.
fn minus(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    let (mut out, mut borrow) = ([0; 32], 0_i16);
    for at in (0..32).rev() {
        let left = i16::from(a[at]) - i16::from(b[at]) - borrow;
        borrow = i16::from(left < 0);
        out[at] = u8::try_from(left.rem_euclid(256)).unwrap();
    }
    out
}

fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let bytes: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if bytes.first().is_none_or(|byte| *byte > 127) { [&[0], bytes.as_slice()].concat() } else { bytes }
}

/// As certificates write a signature.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let one = |bytes: &[u8]| {
        let bytes = unsigned(bytes);
        [&[2, u8::try_from(bytes.len()).unwrap()], bytes.as_slice()].concat()
    };
    let both = [one(r), one(s)].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()], both.as_slice()].concat()
}

#[test]
fn an_es256_signature_is_two_numbers_of_the_group_in_sixty_four_bytes_and_nothing_else() {
    let all = keys(&[p256(X, Y)]);
    let token = |signature: &[u8]| opened(&format!("{MESSAGE}.{}", part(signature)), &all);
    let both = URL_SAFE_NO_PAD.decode(SIGNATURE).unwrap();
    let (r, s): ([u8; 32], [u8; 32]) = (both[..32].try_into().unwrap(), both[32..].try_into().unwrap());
    assert!(token(&both).is_ok());
    // The other root is a signature of the same key as well (FIPS 186-4, section 6.4.2).
    assert!(token(&[r, minus(number(ORDER), s)].concat()).is_ok());
    let (zero, ones, order, prime) = ([0; 32], [255; 32], number(ORDER), number(PRIME));
    let one = std::array::from_fn(|at| u8::from(at == 31));
    for (r, s) in [
        (zero, zero),
        (zero, s),
        (r, zero),
        (r, order),
        (order, s),
        (order, order),
        (order, zero),
        (r, prime),
        (prime, s),
        (one, one),
        (one, zero),
        (r, one),
        (one, s),
        (ones, ones),
        (r, ones),
        (minus(order, one), minus(order, one)),
        (minus(order, r), s),
        (s, r),
        (r, r),
    ] {
        assert_eq!(token(&[r, s].concat()), Err(TokenError::Signature), "{} {}", hex::encode(r), hex::encode(s));
    }
    let padded = [&[0], r.as_slice(), &[0], s.as_slice()].concat();
    for other in [&[][..], &r, &both[..63], &[both.as_slice(), &[0]].concat(), &der(&r, &s), &padded] {
        assert_eq!(token(other), Err(TokenError::Signature), "{}", hex::encode(other));
    }
    for bit in 0..512 {
        let mut changed = both.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(token(&changed), Err(TokenError::Signature), "bit {bit}");
    }
}

#[test]
fn a_key_that_is_no_point_of_the_curve_verifies_nothing() {
    let token = format!("{MESSAGE}.{SIGNATURE}");
    let (x, y): ([u8; 32], [u8; 32]) =
        (decoded(X).unwrap().try_into().unwrap(), decoded(Y).unwrap().try_into().unwrap());
    let mut beside = y;
    beside[31] ^= 1;
    let zero = [0; 32];
    for (x, y) in [
        (zero.to_vec(), zero.to_vec()),
        (x.to_vec(), beside.to_vec()),
        (y.to_vec(), x.to_vec()),
        (x.to_vec(), minus(number(PRIME), y).to_vec()),
        (number(PRIME).to_vec(), y.to_vec()),
        (x.to_vec(), vec![255; 32]),
        (x[..31].to_vec(), y.to_vec()),
        ([&[0], x.as_slice()].concat(), y.to_vec()),
        ([x.as_slice(), y.as_slice()].concat(), Vec::new()),
        (Vec::new(), Vec::new()),
    ] {
        let key = p256(&part(&x), &part(&y));
        let answer = opened(&token, &keys(&[key]));
        assert!(answer.is_err(), "{} {}", hex::encode(&x), hex::encode(&y));
    }
    for (name, value) in [("x", json!("!")), ("y", json!(null)), ("x", json!("a")), ("y", json!("AA=="))] {
        let mut key = p256(X, Y);
        key[name] = value;
        assert!(opened(&token, &keys(&[key])).is_err(), "{name}");
    }
}

#[derive(Deserialize)]
struct NearlyRight {
    n: String,
    e: String,
    message: String,
    signatures: Vec<Signed>,
}

#[derive(Deserialize)]
struct Signed {
    name: String,
    signature: String,
    right: bool,
}

/// Made with the private key, by another program: each decrypts to nearly what RFC 8017, section 9.2 says.
#[test]
fn an_rs256_signature_is_padded_as_the_standard_says_to_the_last_byte() {
    let made: NearlyRight = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let key = |n: &str, e: &str| keys(&[json!({ "kty": "RSA", "n": n, "e": e })]);
    let all = key(&made.n, &made.e);
    assert!(made.signatures.len() > 25);
    for Signed { name, signature, right } in &made.signatures {
        let answer = opened(&format!("{}.{signature}", made.message), &all);
        assert_eq!(answer.is_ok(), *right, "{name}: {answer:?}");
    }
    let token = format!("{}.{}", made.message, made.signatures[0].signature);
    // A zero before the modulus is one that some write.
    let n = decoded(&made.n).unwrap();
    assert!(opened(&token, &key(&part(&[&[0], n.as_slice()].concat()), &made.e)).is_ok());
    let mut even = n.clone();
    even[255] &= 254;
    let e = decoded(&made.e).unwrap();
    let wrong: [(&str, &[u8], &[u8]); 8] = [
        ("the exponent one", &n, &[1]),
        ("an even exponent", &n, &[1, 0, 0]),
        ("no exponent", &n, &[]),
        ("an exponent of 5 bytes", &n, &[1, 0, 0, 0, 1]),
        ("a modulus of 1,024 bits", &n[..128], &e),
        ("an even modulus", &even, &e),
        ("no modulus", &[], &e),
        ("a modulus of 16,384 bits", &[255; 2_048], &e),
    ];
    for (name, n, e) in wrong {
        assert_eq!(opened(&token, &key(&part(n), &part(e))), Err(TokenError::Signature), "{name}");
    }
}
