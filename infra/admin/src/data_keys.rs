//! A stage's data keys: made, rotated and retired in its parameters. None is ever seen in the clear:
//! KMS makes them, and the functions have it unwrap them.

use aws_sdk_kms::{operation::describe_key::DescribeKeyError, types::DataKeySpec};
use base64::{Engine, prelude::BASE64_STANDARD};
use latchkey::{
    keys::{KeyRing, Purpose},
    runtime::{CONTEXT, Parts},
    store::Seals,
};

use crate::{
    AdminError,
    aws::{self, Get},
    stage::{Parameters, Stage, Stored},
};

/// So many keys a ring may have: a function's variables have 4 KB together.
const MOST: usize = 4;

/// What came of making a stage's data keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub kms_key: String,
    /// The parameters that were not there before.
    pub written: Vec<String>,
}

/// What came of changing a ring: its keys now, the one in force first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub purpose: Purpose,
    pub ids: Vec<String>,
}

/// Makes a stage's KMS key and data keys. What is there stays; so a run that was cut off is taken up.
///
/// # Errors
/// [`AdminError::Refused`] where the KMS key that is there is another than the parameters'; AWS's.
pub async fn create(get: Get<'_>, stage: &Stage) -> Result<Made, AdminError> {
    let parameters = Parameters::of(get)?;
    let mut names = vec![stage.kms_key()];
    names.extend(Purpose::ALL.map(|purpose| stage.ring(purpose)));
    let stored = parameters.read(&names).await?;
    if let (Some(kms_key), true) = (stored.get(&stage.kms_key()), stored.len() == names.len()) {
        return Ok(Made { kms_key: kms_key.value.clone(), written: Vec::new() });
    }
    let wrapper = Wrapper::of(get)?;
    let kms_key = wrapper.key_of(stage, stored.get(&stage.kms_key())).await?;
    let mut written = Vec::new();
    if !stored.contains_key(&stage.kms_key()) {
        parameters.create(&stage.kms_key(), &kms_key).await?;
        written.push(stage.kms_key());
    }
    for purpose in Purpose::ALL {
        let name = stage.ring(purpose);
        if !stored.contains_key(&name) {
            let ring = wrapper.fresh(&kms_key, purpose, "k1").await?;
            parameters.create(&name, &ring).await?;
            written.push(name);
        }
    }
    Ok(Made { kms_key, written })
}

/// Puts a new key after the others of these rings: it opens, and seals nothing yet, so that every function
/// has it before any seals with it.
///
/// # Errors
/// [`AdminError::NoParameter`]; [`AdminError::Refused`] where a ring is full; AWS's.
pub async fn rotate(get: Get<'_>, stage: &Stage, purposes: &[Purpose]) -> Result<Vec<Changed>, AdminError> {
    let (parameters, wrapper) = (Parameters::of(get)?, Wrapper::of(get)?);
    let rings = rings(&parameters, stage, purposes).await?;
    let kms_key = read(&parameters, &stage.kms_key()).await?.value;
    for (purpose, stored) in &rings {
        let ids = ids(*purpose, &stored.value)?;
        if ids.len() >= MOST {
            let name = stage.ring(*purpose);
            return Err(AdminError::Refused(format!("{name} has {MOST} keys; retire the old ones first")));
        }
    }
    let mut changed = Vec::new();
    for (purpose, stored) in rings {
        let id = next_id(&ids(purpose, &stored.value)?);
        let key = wrapper.fresh(&kms_key, purpose, &id).await?;
        let ring = format!("{},{key}", stored.value);
        parameters.replace(&stage.ring(purpose), &stored, &ring).await?;
        changed.push(Changed { purpose, ids: ids(purpose, &ring)? });
    }
    Ok(changed)
}

/// Puts the newest key of every ring in force, once every function has it.
///
/// # Errors
/// [`AdminError::NoParameter`]; AWS's.
pub async fn promote(get: Get<'_>, stage: &Stage) -> Result<Vec<Changed>, AdminError> {
    let parameters = Parameters::of(get)?;
    let mut changed = Vec::new();
    for (purpose, stored) in rings(&parameters, stage, &Purpose::ALL).await? {
        let ids = ids(purpose, &stored.value)?;
        let Some(newest) = ids.iter().enumerate().max_by_key(|(_, id)| number(id)).map(|(index, _)| index)
        else {
            continue;
        };
        if newest > 0 {
            let mut keys: Vec<&str> = stored.value.split(',').collect();
            let key = keys.remove(newest);
            keys.insert(0, key);
            let ring = keys.join(",");
            parameters.replace(&stage.ring(purpose), &stored, &ring).await?;
            changed.push(Changed { purpose, ids: self::ids(purpose, &ring)? });
        }
    }
    Ok(changed)
}

/// Drops all keys but the one in force of every ring.
///
/// # Errors
/// [`AdminError::Left`] where something is sealed by another one; AWS's; the store's.
pub async fn retire(parts: &Parts, get: Get<'_>, stage: &Stage) -> Result<Vec<Changed>, AdminError> {
    let parameters = Parameters::of(get)?;
    let rings = rings(&parameters, stage, &Purpose::ALL).await?;
    let seals = parts.store.count_seals(&parts.keys).await?;
    if seals.stale > 0 {
        return Err(AdminError::Left(seals.stale));
    }
    let mut changed = Vec::new();
    for (purpose, stored) in rings {
        if let Some((first, _)) = stored.value.split_once(',') {
            parameters.replace(&stage.ring(purpose), &stored, first.trim()).await?;
            changed.push(Changed { purpose, ids: ids(purpose, first)? });
        }
    }
    Ok(changed)
}

/// Seals anew with the keys in force what older keys have sealed.
///
/// # Errors
/// The store's.
pub async fn reseal(parts: &Parts) -> Result<Seals, AdminError> {
    Ok(parts.store.reseal(&parts.keys).await?)
}

async fn read(parameters: &Parameters, name: &str) -> Result<Stored, AdminError> {
    let mut stored = parameters.read(&[name.to_owned()]).await?;
    stored.remove(name).ok_or_else(|| AdminError::NoParameter(name.to_owned()))
}

async fn rings(
    parameters: &Parameters,
    stage: &Stage,
    purposes: &[Purpose],
) -> Result<Vec<(Purpose, Stored)>, AdminError> {
    let names: Vec<_> = purposes.iter().map(|purpose| stage.ring(*purpose)).collect();
    let mut stored = parameters.read(&names).await?;
    let of = |(purpose, name): (&Purpose, String)| {
        stored.remove(&name).map(|stored| (*purpose, stored)).ok_or(AdminError::NoParameter(name))
    };
    purposes.iter().zip(names.clone()).map(of).collect()
}

fn ids(purpose: Purpose, ring: &str) -> Result<Vec<String>, AdminError> {
    let ring = KeyRing::parse(ring)
        .map_err(|fault| AdminError::Keys(format!("the ring of {} {fault}", purpose.name())))?;
    Ok(ring.ids().map(str::to_owned).collect())
}

/// Never one that was there before: the highest number stays in the ring until a higher one is there.
fn next_id(ids: &[String]) -> String {
    format!("k{}", ids.iter().filter_map(|id| number(id)).max().unwrap_or(0).saturating_add(1))
}

fn number(id: &str) -> Option<u32> {
    id.strip_prefix('k')?.parse().ok()
}

/// KMS, which makes keys and wraps them.
struct Wrapper(aws_sdk_kms::Client);

impl Wrapper {
    fn of(get: Get<'_>) -> Result<Self, AdminError> {
        Ok(Self(aws_sdk_kms::Client::new(&aws::service(get, "KMS")?)))
    }

    /// The stage's KMS key, made where there is none. Its rotation is enabled: KMS keeps its older
    /// material, and unwraps with it.
    async fn key_of(&self, stage: &Stage, named: Option<&Stored>) -> Result<String, AdminError> {
        let alias = format!("alias/latchkey-{}", stage.name());
        let there = match self.0.describe_key().key_id(&alias).send().await {
            Ok(answer) => answer.key_metadata.and_then(|key| key.arn),
            Err(error) if error.as_service_error().is_some_and(DescribeKeyError::is_not_found_exception) => {
                None
            }
            Err(error) => return Err(aws::fault("KMS DescribeKey", &error)),
        };
        if let Some(named) = named.filter(|named| Some(&named.value) != there.as_ref()) {
            let name = stage.kms_key();
            return Err(AdminError::Refused(format!("{alias} is not {}, which {name} names", named.value)));
        }
        let arn = match there {
            Some(arn) => arn,
            None => self.make(stage, &alias).await?,
        };
        let rotating = self.0.enable_key_rotation().key_id(&arn).send().await;
        rotating.map_err(|error| aws::fault("KMS EnableKeyRotation", &error))?;
        Ok(arn)
    }

    async fn make(&self, stage: &Stage, alias: &str) -> Result<String, AdminError> {
        let made = self
            .0
            .create_key()
            .description(format!("Latchkey {} data keys", stage.name()))
            .customize()
            // Each attempt that is made is a key that costs.
            .config_override(
                aws_sdk_kms::config::Builder::default()
                    .retry_config(aws_sdk_kms::config::retry::RetryConfig::disabled()),
            )
            .send()
            .await
            .map_err(|error| aws::fault("KMS CreateKey", &error))?;
        let arn = made.key_metadata.and_then(|key| key.arn);
        let arn = arn.ok_or_else(|| AdminError::Aws("KMS CreateKey: an answer without a key".to_owned()))?;
        let aliased = self.0.create_alias().alias_name(alias).target_key_id(&arn).send().await;
        aliased.map_err(|error| aws::fault("KMS CreateAlias", &error))?;
        Ok(arn)
    }

    /// A new data key, wrapped, as it stands in a ring.
    async fn fresh(&self, kms_key: &str, purpose: Purpose, id: &str) -> Result<String, AdminError> {
        let answer = self
            .0
            .generate_data_key_without_plaintext()
            .key_id(kms_key)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(CONTEXT, purpose.name())
            .send()
            .await
            .map_err(|error| aws::fault("KMS GenerateDataKeyWithoutPlaintext", &error))?;
        let wrapped = answer.ciphertext_blob.unwrap_or_else(|| Vec::new().into());
        Ok(format!("{id}:kms:{}", BASE64_STANDARD.encode(wrapped)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_never_used_again() {
        let next = |ids: &[&str]| next_id(&ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        assert_eq!(next(&["k1"]), "k2");
        assert_eq!(next(&["k10", "k9"]), "k11");
        assert_eq!(next(&["local"]), "k1");
    }
}
