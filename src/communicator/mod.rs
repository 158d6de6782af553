//! The communicator: framing, sending, receiving and the menu. Imports nothing else of this crate.
