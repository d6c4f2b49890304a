//! How a token is bent: a name, and the `Authorization` header that results.

use aws_lc_rs::{hmac, signature};
use base64::{Engine, prelude::BASE64_STANDARD};
use latchkey::domain::jwk::Algorithm;
use serde_json::{Value, json};
use tests::authenticator::encode;

use super::{Bench, Hand, rsa};

type Bends = Vec<(String, String)>;

pub fn all(bench: &Bench) -> Bends {
    let mut bends = headers(bench);
    bends.extend(keys(bench));
    bends.extend(symmetric(bench));
    bends.extend(claims(bench));
    bends.extend(signatures(bench));
    let bearer = |(name, token)| (name, format!("Bearer {token}"));
    bends.into_iter().map(bearer).chain(forms(bench)).collect()
}

fn with(object: &Value, name: &str, value: Value) -> String {
    let mut object = object.clone();
    object[name] = value;
    object.to_string()
}

fn without(object: &Value, name: &str) -> String {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(name).unwrap();
    object.to_string()
}

/// The member once more, in front of the true one.
fn twice(object: &Value, name: &str, value: &Value) -> String {
    object.to_string().replacen('{', &format!("{{\"{name}\":{value},"), 1)
}

/// Headers that are not ours, signed by the tenant's own key.
fn headers(bench: &Bench) -> Bends {
    let Bench { header, claims, own, .. } = bench;
    let claims = claims.to_string();
    let mut headers = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "ES384", "RS512", "PS256", "EdDSA", "es256"] {
        headers.push((format!("alg {alg:?}"), with(header, "alg", json!(alg))));
    }
    let crossed = if bench.algorithm == Algorithm::Es256 { "RS256" } else { "ES256" };
    for alg in [json!(crossed), json!(null), json!([bench.algorithm.name()]), json!(256)] {
        headers.push((format!("alg {alg}"), with(header, "alg", alg)));
    }
    for typ in ["JWT", "jwt", "", "logout+jwt", "at+jwt "] {
        headers.push((format!("typ {typ:?}"), with(header, "typ", json!(typ))));
    }
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(["alg"]), json!("exp"), json!([1])] {
        headers.push((format!("crit {crit}"), with(header, "crit", crit)));
    }
    let mut unencoded = header.clone();
    unencoded["b64"] = json!(false);
    headers.push(("crit b64 and b64".to_owned(), with(&unencoded, "crit", json!(["b64"]))));
    for kid in [
        json!(""),
        json!(null),
        json!(7),
        json!([header["kid"]]),
        json!("../../../../../dev/null"),
        json!("' OR '1'='1' --"),
        json!("|/usr/bin/id"),
        json!("nobody's"),
        json!(format!("{}\0", header["kid"].as_str().unwrap())),
        json!(format!(" {}", header["kid"].as_str().unwrap())),
    ] {
        headers.push((format!("kid {kid}"), with(header, "kid", kid)));
    }
    for name in ["alg", "typ", "kid"] {
        headers.push((format!("no {name}"), without(header, name)));
        headers.push((format!("{name} twice"), twice(header, name, &json!("none"))));
        headers.push((format!("{name} twice alike"), twice(header, name, &header[name])));
    }
    for (name, text) in [
        ("an array", format!("[{header}]")),
        ("null", "null".to_owned()),
        ("text", "\"alg\"".to_owned()),
        ("nothing", String::new()),
        ("an empty object", "{}".to_owned()),
        ("more after it", format!("{header}{header}")),
        ("a byte order mark", format!("\u{feff}{header}")),
        ("a comment", format!("{header}//")),
        ("deep nesting", "[".repeat(1000)),
    ] {
        headers.push((format!("header: {name}"), text));
    }
    headers.into_iter().map(|(name, header)| (name, own.sign(&header, &claims))).collect()
}

/// Other keys, and headers that would have one fetched or taken along.
fn keys(bench: &Bench) -> Bends {
    let Bench { header, claims, own, stranger, neighbour: (theirs, their_kid), .. } = bench;
    let text = claims.to_string();
    let kid = header["kid"].as_str().unwrap();
    let mut bends = Vec::new();
    for (name, hand) in [("stranger's", stranger), ("neighbour's", theirs)] {
        bends.push((format!("{name} key"), hand.sign(&header.to_string(), &text)));
        for kid in [kid, "mine", their_kid] {
            let jwk = hand.jwk(kid);
            let mut header = header.clone();
            header["kid"] = json!(kid);
            bends.push((format!("{name} jwk {kid}"), hand.sign(&with(&header, "jwk", jwk), &text)));
        }
        let x5c = json!([BASE64_STANDARD.encode(hand.der())]);
        bends.push((format!("{name} x5c"), hand.sign(&with(header, "x5c", x5c), &text)));
        for (name_of, url) in [
            ("jku", "https://evil.example/jwks.json"),
            ("jku", "file:///dev/null"),
            ("x5u", "https://evil.example/chain.pem"),
        ] {
            bends.push((
                format!("{name} {name_of} {url}"),
                hand.sign(&with(header, name_of, json!(url)), &text),
            ));
        }
    }
    // Each tenant's key is good for its own tokens alone, whatever they name.
    let foreign = with(header, "kid", json!(their_kid));
    bends.push(("neighbour's kid and key".to_owned(), theirs.sign(&foreign, &text)));
    bends.push(("neighbour's kid, own key".to_owned(), own.sign(&foreign, &text)));
    bends.push(("revoked key".to_owned(), bench.revoked.clone()));
    bends.push(("of a client".to_owned(), bench.clients_token.clone()));
    let parts: Vec<&str> = bench.neighbours_token.split('.').collect();
    let theirs_by_us = own.signature(format!("{}.{}", parts[0], parts[1]).as_bytes());
    bends.push((
        "neighbour's claims".to_owned(),
        format!("{}.{}.{}", parts[0], parts[1], encode(&theirs_by_us)),
    ));
    let own_parts: Vec<&str> = bench.good.split('.').collect();
    bends
        .push(("neighbour's claims, own parts".to_owned(), [own_parts[0], parts[1], own_parts[2]].join(".")));
    bends.push(("neighbour's signature".to_owned(), [own_parts[0], own_parts[1], parts[2]].join(".")));
    bends
}

/// The public key as the secret of an HMAC, in every form that a library may hold it in.
fn symmetric(bench: &Bench) -> Bends {
    let Bench { header, claims, own, .. } = bench;
    let der = own.der();
    let lines: Vec<_> = BASE64_STANDARD.encode(&der).into_bytes().chunks(64).map(<[u8]>::to_vec).collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
        String::from_utf8(lines.join(&b'\n')).unwrap()
    );
    let jwk = own.jwk(header["kid"].as_str().unwrap());
    let number = jwk["x"].as_str().or(jwk["n"].as_str()).unwrap();
    let secrets = [
        ("PEM", pem.clone().into_bytes()),
        ("PEM and a line break", format!("{pem}\n").into_bytes()),
        ("DER", der),
        ("JWK", jwk.to_string().into_bytes()),
        ("number", tests::authenticator::decode(&json!(number))),
        ("number as text", number.as_bytes().to_vec()),
        ("nothing", Vec::new()),
        ("kid", header["kid"].as_str().unwrap().as_bytes().to_vec()),
    ];
    let mut bends = Vec::new();
    for (alg, kind) in [
        ("HS256", hmac::HMAC_SHA256),
        ("HS384", hmac::HMAC_SHA384),
        (bench.algorithm.name(), hmac::HMAC_SHA256),
    ] {
        let header = with(header, "alg", json!(alg));
        let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.to_string().as_bytes()));
        for (name, secret) in &secrets {
            let tag = hmac::sign(&hmac::Key::new(kind, secret), message.as_bytes());
            bends.push((format!("{alg} with {name}"), format!("{message}.{}", encode(tag.as_ref()))));
        }
    }
    bends
}

/// Claims that are not ours, signed by the tenant's own key.
fn claims(bench: &Bench) -> Bends {
    let Bench { header, claims, own, bobs, .. } = bench;
    let number = |name: &str| claims[name].as_i64().unwrap();
    let (issued_at, until) = (number("iat"), number("exp"));
    let mut texts = Vec::new();
    for exp in [
        json!(null),
        json!(until.to_string()),
        json!("never"),
        json!(-1),
        json!(0),
        json!(issued_at - 1),
        json!(1e300),
        json!(u64::MAX),
        json!(true),
        json!([until]),
    ] {
        texts.push((format!("exp {exp}"), with(claims, "exp", exp)));
    }
    // Numbers as no library writes them.
    for exp in ["1e400".to_owned(), format!("{until}.5"), format!("{until}e0"), format!("0{until}")] {
        texts.push((format!("exp written {exp}"), with(claims, "exp", json!("X")).replace("\"X\"", &exp)));
    }
    for iat in
        [json!(null), json!(issued_at.to_string()), json!(issued_at + 3600), json!(-1), json!(i64::MIN)]
    {
        texts.push((format!("iat {iat}"), with(claims, "iat", iat)));
    }
    for nbf in [json!(until), json!(i64::MAX), json!(until.to_string()), json!(1e300)] {
        texts.push((format!("nbf {nbf}"), with(claims, "nbf", nbf)));
    }
    for name in ["exp", "iat", "sub", "tenant_id", "iss", "aud", "jti", "sid", "client_id", "scope"] {
        texts.push((format!("no {name}"), without(claims, name)));
    }
    for name in ["exp", "iat", "sub", "tenant_id", "iss", "aud", "sid"] {
        texts.push((format!("{name} twice alike"), twice(claims, name, &claims[name])));
    }
    for name in ["sub", "tenant_id", "iss", "aud", "sid"] {
        texts.push((format!("{name} null"), with(claims, name, Value::Null)));
    }
    texts.push(("exp twice".to_owned(), twice(claims, "exp", &json!(until + 9999))));
    texts.push(("sub twice".to_owned(), twice(claims, "sub", &bobs["sub"])));
    for name in ["sub", "sid"] {
        texts.push((format!("another's {name}"), with(claims, name, bobs[name].clone())));
    }
    texts.push(("sub of nobody".to_owned(), with(claims, "sub", json!("admin"))));
    let issuer = claims["iss"].as_str().unwrap();
    for iss in [
        json!(format!("{issuer}-other")),
        json!(format!("{issuer}/")),
        json!(issuer.to_uppercase()),
        json!([issuer]),
        json!("https://evil.example"),
        json!(""),
    ] {
        texts.push((format!("iss {iss}"), with(claims, "iss", iss)));
    }
    for aud in [json!("another"), json!(["another", claims["aud"]]), json!(""), json!("*"), json!([])] {
        texts.push((format!("aud {aud}"), with(claims, "aud", aud)));
    }
    let tenant = claims["tenant_id"].as_str().unwrap();
    for tenant in [json!("tnt_00000000000000000000000000"), json!(tenant.to_lowercase()), json!([tenant])] {
        texts.push((format!("tenant {tenant}"), with(claims, "tenant_id", tenant)));
    }
    for (name, text) in [
        ("an array", format!("[{claims}]")),
        ("null", "null".to_owned()),
        ("nothing", String::new()),
        ("an empty object", "{}".to_owned()),
        ("more after them", format!("{claims}{claims}")),
        ("a whole token", bench.good.clone()),
        ("a token as text", json!(bench.good).to_string()),
    ] {
        texts.push((format!("claims: {name}"), text));
    }
    texts.into_iter().map(|(name, claims)| (name, own.sign(&header.to_string(), &claims))).collect()
}

/// The good header and claims under signatures that are none.
fn signatures(bench: &Bench) -> Bends {
    let Bench { good, own, .. } = bench;
    let (message, signature) = good.rsplit_once('.').unwrap();
    let signature = tests::authenticator::decode(&json!(signature));
    let half = signature.len() / 2;
    let mut forged: Vec<(String, Vec<u8>)> = Vec::new();
    for at in [0, 1, half - 1, half, signature.len() - 1] {
        let mut flipped = signature.clone();
        flipped[at] ^= 1 << (at % 8);
        forged.push((format!("flipped at {at}"), flipped));
    }
    for length in [1, half, signature.len() - 1] {
        forged.push((format!("cut to {length}"), signature[..length].to_vec()));
    }
    forged.push(("none".to_owned(), Vec::new()));
    forged.push(("one byte more".to_owned(), [&signature[..], &[0]].concat()));
    forged.push(("one byte before".to_owned(), [&[0], &signature[..]].concat()));
    forged.push(("twice".to_owned(), [&signature[..], &signature[..]].concat()));
    forged.push(("all zeros".to_owned(), vec![0; signature.len()]));
    forged.push(("all ones".to_owned(), vec![0xff; signature.len()]));
    forged.push(("one".to_owned(), [vec![0; signature.len() - 1], vec![1]].concat()));
    forged.push(("of other bytes".to_owned(), own.signature(message.as_bytes().split_last().unwrap().1)));
    match own {
        Hand::Ec(_) => {
            // The order of P-256 (SEC 2 §2.4.2).
            const N: [u8; 32] = [
                0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
                0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
            ];
            let (r, s) = signature.split_at(32);
            let zero = [0; 32];
            for (name, r, s) in [
                ("r 0", &zero[..], s),
                ("s 0", r, &zero),
                ("r and s n", &N, &N),
                ("r 0, s n", &zero, &N),
                ("swapped", s, r),
            ] {
                forged.push((name.to_owned(), [r, s].concat()));
            }
            let wide = |half: &[u8]| [&[0; 32], half].concat();
            forged.push(("wide halves".to_owned(), [wide(r), wide(s)].concat()));
            // DER is of TLS and X.509, not of JWS (RFC 7518 §3.4).
            let number = |half: &[u8]| [&[2, 33, 0], half].concat();
            let body = [number(r), number(s)].concat();
            forged.push(("DER".to_owned(), [&[0x30, 70], &body[..]].concat()));
        }
        Hand::Rsa(pair) => {
            forged.push(("PSS".to_owned(), rsa(pair, &signature::RSA_PSS_SHA256, message.as_bytes())));
            forged.push(("SHA-512".to_owned(), rsa(pair, &signature::RSA_PKCS1_SHA512, message.as_bytes())));
            let modulus = tests::authenticator::decode(&own.jwk("")["n"]);
            forged.push(("the modulus".to_owned(), modulus));
        }
    }
    let of = |(name, signature): (String, Vec<u8>)| {
        (format!("signature: {name}"), format!("{message}.{}", encode(&signature)))
    };
    forged.into_iter().map(of).collect()
}

/// The good token in other clothes; these are whole headers.
fn forms(bench: &Bench) -> Bends {
    let good = &bench.good;
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { unreachable!("a compact JWS") };
    let json = json!({ "payload": claims, "protected": header, "signature": signature });
    let general =
        json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] });
    let standard = |part: &str| BASE64_STANDARD.encode(tests::authenticator::decode(&json!(part)));
    // The last character's unused bits set: another text of the same bytes.
    let mut loose = good.clone();
    let last = loose.pop().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.find(last).unwrap() + 1;
    loose.push(alphabet.as_bytes()[next] as char);
    [
        ("no signature", format!("{header}.{claims}")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("claims alone", claims.to_owned()),
        ("dots alone", "..".to_owned()),
        ("a dot before", format!(".{good}")),
        ("a dot after", format!("{good}.")),
        ("a fourth part", format!("{good}.{signature}")),
        ("five parts", format!("{header}.{claims}.{claims}.{claims}.{signature}")),
        ("doubled dots", parts.join("..")),
        ("JSON, flattened", json.to_string()),
        ("JSON, general", general.to_string()),
        ("padding after", format!("{good}=")),
        ("paddings after", format!("{good}==")),
        ("padding within", format!("{header}=.{claims}.{signature}")),
        ("padding of the claims", format!("{header}.{claims}==.{signature}")),
        ("a space within", format!("{header}. {claims}.{signature}")),
        ("a space in the signature", format!("{header}.{claims}.{} {}", &signature[..9], &signature[9..])),
        ("a tab within", format!("{header}\t.{claims}.{signature}")),
        ("percent-encoded", parts.join("%2e")),
        ("quoted", format!("\"{good}\"")),
        ("two", format!("{good},{good}")),
        ("two with a space", format!("{good} {good}")),
        ("loose last bits", loose),
        ("the other alphabet", format!("{header}.{claims}.+{}", &signature[1..])),
        ("padded as the other alphabet is", format!("{}.{claims}.{signature}", standard(header) + "=")),
        ("upper case", good.to_uppercase()),
        ("cut", good[..good.len() - 4].to_owned()),
        ("Bearer twice", format!("Bearer {good}")),
    ]
    .into_iter()
    .map(|(name, token)| (name.to_owned(), format!("Bearer {token}")))
    .chain([
        ("another scheme".to_owned(), format!("Basic {good}")),
        ("a scheme of one's own".to_owned(), format!("DPoP {good}")),
        ("no scheme".to_owned(), good.clone()),
    ])
    .collect()
}
