//! A listener that nobody may ever connect to.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// A listening socket that answers nothing and counts who connected.
///
/// Connections are taken from the system's own queue when they are counted, so that one which was
/// just made cannot be missed, and nothing need be waited for.
#[derive(Debug)]
pub struct Canary {
    listener: TcpListener,
    address: SocketAddr,
}

impl Canary {
    /// Listens on a free port of 127.0.0.1.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections were made since the last call.
    pub fn connections(&self) -> usize {
        let accepted = std::iter::repeat_with(|| self.listener.accept());
        accepted
            .take_while(|accepted| match accepted {
                Ok(_) => true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => false,
                Err(error) => panic!("the canary cannot listen: {error}"),
            })
            .count()
    }
}
