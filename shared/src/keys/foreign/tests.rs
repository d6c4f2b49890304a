use super::*;

const PASSWORD: &[u8] = b"correct horse battery staple 42";

/// Made by the Python packages bcrypt 4.0, passlib 1.7, Werkzeug 3 and argon2-cffi 25, and by Python's hashlib.
const HASHES: [&str; 11] = [
    "$2b$05$Un8vi01yq/HH1Xk1GNSgFu793v.QSQizqksO1ATA7ep515sHET6W2",
    "$2a$05$ecJ/ek6w39zVfIrUZNn39ucDBzJm.IikGAEX2.raEv3VpdYfhxA0y",
    "$2y$05$tpbODsE16FFb9Gsfb320U.uu0VWj/SemyGpk1CqJqmPKkIkBA7w1S",
    "$scrypt$ln=10,r=8,p=1$ag0h5FzLuZdSKiVEiJGylg$yXAXA55yNCXyCiMU+jdUvuUhGIW3esYrp5pEi1pS5R8",
    "$scrypt$N=1024,r=8,p=1$ag0h5FzLuZdSKiVEiJGylg$yXAXA55yNCXyCiMU+jdUvuUhGIW3esYrp5pEi1pS5R8",
    "scrypt:1024:8:1$g1fHGBo9n1XUw4Tw$51d34edd482db0c79cdf431324aac07d11e7a273eb614ecbbe2b42d5805c8fa19d9711dd80586537560175969fa57ff7f517ce05bb10573c354fb688b1404d44",
    "$pbkdf2-sha256$1000$f4/R.n.vldKaU4rxfg.htA$3lVOX0Cgm3mOWqV1HSFHc3yGVRBQpXqu8psdRazr1hg",
    "$pbkdf2-sha512$1000$IgSg1FrrPSdk7H3P.R.jdA$l8Tj2U4T0HAOj.bTx6Q5sfZz.n.ymxu8TzQ.yn6RsTGU9OSs.GI1fct.gJXBxC6cWEz9eFrubWlKAddTlmqQDg",
    "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$/jG6oDjOO2EklHSvJ4xcTRLOZ8Mz/4rrPhRAnkCQ+KE",
    "$argon2i$v=19$m=64,t=1,p=1$Mpw0Nt3/DOI14uKNTXcIIg$HpkMj8oq/KnPJ82khFqKmmEEEcRev3tneicY/ru20lk",
    "$argon2id$v=19$m=64,t=2,p=2$SXe4nf7W2ufY5HTwO1M4pA$WZDA2opZArdQ4c5KImPskEarUyjb6t7Y",
];

fn verifies(text: &str, password: &[u8]) -> bool {
    let stored = StoredHash::import(text).unwrap();
    Foreign::read(stored.phc()).unwrap().verify(password)
}

#[test]
fn what_other_libraries_made_verifies_its_password_alone() {
    for text in HASHES {
        assert!(verifies(text, PASSWORD), "{text}");
        assert!(!verifies(text, b"correct horse battery staple 43"), "{text}");
        assert!(!verifies(text, b""), "{text}");
    }
}

#[test]
fn the_vectors_of_rfc_7914_hold() {
    // §12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1).
    let scrypt = "scrypt:16384:8:1$SodiumChloride$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887";
    assert!(verifies(scrypt, b"pleaseletmein"));
    assert!(!verifies(scrypt, b"pleaseletmeout"));
}

#[test]
fn a_bcrypt_password_counts_to_72_bytes_and_has_no_nul() {
    // crypt_blowfish's test vectors (wrapper.c).
    for (hash, password) in [
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
    ] {
        assert!(verifies(hash, password.as_bytes()), "{password}");
    }
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert!(!verifies(hash, b"U*U\0U*U"));
}

#[test]
fn keycloaks_parts_make_the_same() {
    let (salt, sha256) = (
        "MDEyMzQ1Njc4OWFiY2RlZg==",
        "/jG6oDjOO2EklHSvJ4xcTRLOZ8Mz/4rrPhRAnkCQ+KEyh8bettVJp1INrARR+StddeeaWzabAEUZWEBms/pNmA==",
    );
    let hash = StoredHash::pbkdf2("pbkdf2-sha256", 1000, salt, sha256).unwrap();
    assert!(Foreign::read(hash.phc()).unwrap().verify(PASSWORD));
    let argon2 = "KGs9B370/Ag3k/uPHIkwUxErTtupV6zOWQ5OG4yepUk=";
    let cost = Cost { memory_kib: 64, passes: 5, lanes: 1 };
    let hash = StoredHash::argon2(("id", 19), cost, salt, argon2).unwrap();
    assert!(Foreign::read(hash.phc()).unwrap().verify(PASSWORD));
    // Keycloak pads its base64, and its first PBKDF2 is of SHA-1.
    assert!(StoredHash::pbkdf2("pbkdf2-sha256", 1000, "MDEyMzQ1Njc4OWFiY2RlZg", sha256).is_err());
    assert!(StoredHash::pbkdf2("pbkdf2", 1000, salt, sha256).is_err());
}

#[test]
fn what_costs_too_much_is_refused() {
    let tail = "$ag0h5FzLuZdSKiVEiJGylg$yXAXA55yNCXyCiMU+jdUvuUhGIW3esYrp5pEi1pS5R8";
    for head in [
        "$scrypt$ln=18,r=8,p=1",
        "$scrypt$ln=17,r=8,p=3",
        "$scrypt$ln=4,r=4294967295,p=1",
        "$scrypt$ln=1,r=1,p=4294967295",
        "$scrypt$ln=64,r=8,p=1",
        "$scrypt$ln=31,r=8,p=1",
        "$pbkdf2-sha256$i=2000001",
        "$pbkdf2-sha512$i=4294967295",
        "$argon2id$v=19$m=131073,t=1,p=1",
        "$argon2id$v=19$m=64,t=17,p=1",
        "$argon2i$v=19$m=4096,t=1,p=9",
        "$argon2id$v=19$m=4294967295,t=4294967295,p=4294967295",
    ] {
        let refused = StoredHash::import(&format!("{head}{tail}"));
        assert!(matches!(refused, Err(HashRefused::TooCostly(_))), "{head}: {refused:?}");
    }
    let bcrypt = HASHES[0].replace("$05$", "$15$");
    assert!(matches!(StoredHash::import(&bcrypt), Err(HashRefused::TooCostly(_))));
    for head in ["$scrypt$ln=17,r=8,p=2", "$pbkdf2-sha256$i=2000000", "$argon2id$v=19$m=131072,t=16,p=8"] {
        assert!(StoredHash::import(&format!("{head}{tail}")).is_ok(), "{head}");
    }
}

#[test]
fn what_is_no_hash_is_refused_and_never_shown() {
    for text in [
        "",
        "secret",
        "$1$secret$abc",
        "$2x$05$Un8vi01yq/HH1Xk1GNSgFu793v.QSQizqksO1ATA7ep515sHET6W2",
        "$2b$05$secret",
        "$2b$03$Un8vi01yq/HH1Xk1GNSgFu793v.QSQizqksO1ATA7ep515sHET6W2",
        "$argon2d$v=19$m=64,t=1,p=1$c2VjcmV0c2VjcmV0$c2VjcmV0c2VjcmV0",
        "$argon2id$v=18$m=64,t=1,p=1$c2VjcmV0c2VjcmV0$c2VjcmV0c2VjcmV0",
        "$argon2id$v=19$m=64,t=1$c2VjcmV0c2VjcmV0$c2VjcmV0c2VjcmV0",
        "$scrypt$r=8,p=1$c2VjcmV0c2VjcmV0$c2VjcmV0c2VjcmV0",
        "$scrypt$N=1000,r=8,p=1$c2VjcmV0c2VjcmV0$c2VjcmV0c2VjcmV0",
        "scrypt:1000:8:1$secret$00",
        "scrypt:1024:8$secretsecret$00",
        "scrypt:1024:8:1$secretsecret$0",
        "$pbkdf2-sha256$i=0$c2VjcmV0c2VjcmV0$c2VjcmV0c2VjcmV0",
        "$pbkdf2-sha1$1000$c2VjcmV0c2VjcmV0$c2VjcmV0c2VjcmV0",
        "$pbkdf2-sha256$1000$$c2VjcmV0c2VjcmV0",
        "$pbkdf2-sha256$1000$c2VjcmV0c2VjcmV0",
    ] {
        let refused = StoredHash::import(text).expect_err(text);
        assert!(!refused.to_string().contains("secret"), "{text}: {refused}");
    }
}
