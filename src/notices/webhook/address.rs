//! Where a webhook may lead: to public addresses, or to those that the configuration allows. A name
//! is resolved first and the address that was judged is the one that is connected to, so that a name
//! cannot mean another address a moment later.

use hyper::Uri;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

const LENGTH_MAX: usize = 2_000;
const RESOLVE_DEADLINE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error(
        "not a web address; allowed: https://host/path, at most {LENGTH_MAX} characters, without a user or a fragment"
    )]
    NotOne,
    #[error("the name of the host leads nowhere")]
    Unresolved,
    #[error("the host is in a network that is not public; RFA_WEBHOOK_NETWORKS allows it")]
    NotPublic,
    #[error("without TLS; allowed: https, or a network of RFA_WEBHOOK_NETWORKS")]
    NotSecret,
}

/// Networks that are allowed although they are not public: `10.2.0.0/16, 127.0.0.1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u32)>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a list of networks, as 10.2.0.0/16, fd00::/8")]
pub struct NoNetworks;

impl FromStr for Networks {
    type Err = NoNetworks;

    fn from_str(text: &str) -> Result<Self, NoNetworks> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let network = |part: &str| {
            let (address, length) = part.split_once('/').unwrap_or((part, ""));
            let address: IpAddr = address.parse().map_err(|_| NoNetworks)?;
            let bits = if address.is_ipv4() { 32 } else { 128 };
            let length = match length {
                "" => bits,
                length => length.parse().map_err(|_| NoNetworks)?,
            };
            if length > bits {
                return Err(NoNetworks);
            }
            Ok((address, length))
        };
        Ok(Self(parts.map(network).collect::<Result<_, _>>()?))
    }
}

impl Networks {
    fn hold(&self, address: IpAddr) -> bool {
        self.0
            .iter()
            .any(|(network, length)| match (network, address) {
                (IpAddr::V4(network), IpAddr::V4(address)) => {
                    let shift = 32 - length;
                    u32::from(*network).checked_shr(shift) == u32::from(address).checked_shr(shift)
                }
                (IpAddr::V6(network), IpAddr::V6(address)) => {
                    let shift = 128 - length;
                    u128::from(*network).checked_shr(shift)
                        == u128::from(address).checked_shr(shift)
                }
                (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
            })
    }
}

/// A web address that was read; `Debug` shows the host alone, the path may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub(super) is_secret: bool,
    /// Without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) uri: Uri,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.host)
    }
}

impl Target {
    /// # Errors
    /// When it is no web address.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let plain = text.len() <= LENGTH_MAX
            && !text.contains('#')
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        let uri: Uri = text.parse().map_err(|_| AddressError::NotOne)?;
        let is_secret = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(AddressError::NotOne),
        };
        let authority = uri.authority().ok_or(AddressError::NotOne)?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if !plain || authority.as_str().contains('@') || host.is_empty() {
            return Err(AddressError::NotOne);
        }
        let usual = if is_secret { 443 } else { 80 };
        Ok(Self {
            is_secret,
            host,
            port: authority.port_u16().unwrap_or(usual),
            uri,
        })
    }

    /// The address to connect to.
    ///
    /// # Errors
    /// When the name leads nowhere, or one of its addresses must not be reached: a name with a public
    /// and another address is not tried at the public one.
    pub async fn resolve(&self, allowed: &Networks) -> Result<SocketAddr, AddressError> {
        let found = match self.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, self.port)],
            Err(_) => {
                let found = tokio::net::lookup_host((self.host.as_str(), self.port));
                let found = tokio::time::timeout(RESOLVE_DEADLINE, found).await;
                let found = found.map_err(|_| AddressError::Unresolved)?;
                found.map_err(|_| AddressError::Unresolved)?.collect()
            }
        };
        for address in &found {
            self.judge(address.ip(), allowed)?;
        }
        found.first().copied().ok_or(AddressError::Unresolved)
    }

    fn judge(&self, address: IpAddr, allowed: &Networks) -> Result<(), AddressError> {
        match (allowed.hold(plain(address)), is_public(address)) {
            (true, _) => Ok(()),
            (false, false) => Err(AddressError::NotPublic),
            (false, true) if self.is_secret => Ok(()),
            (false, true) => Err(AddressError::NotSecret),
        }
    }
}

/// An IPv4 address that is written as one of IPv6 is judged as what it is.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// By the special-purpose registries of IANA (RFC 6890 and later).
fn is_public(address: IpAddr) -> bool {
    match plain(address) {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, carrier NAT, protocol assignments, benchmarks.
        (0, _, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _) => true,
        // Relays of 6to4, multicast and what is reserved.
        (192, 88, 99) | (224..=255, _, _) => true,
        _ => false,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

/// Only what is global unicast by assignment, and neither leads to IPv4 nor is for documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_global = (0x2000..0x4000).contains(&first);
    let special = match (first, second) {
        // Teredo and other protocol assignments, documents, 6to4.
        (0x2001, 0..0x200) | (0x2001, 0xdb8) | (0x2002, _) => true,
        (0x3fff, 0..0x1000) => true,
        _ => false,
    };
    is_global && !special
}

#[cfg(test)]
mod tests;
