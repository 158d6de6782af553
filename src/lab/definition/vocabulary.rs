//! The concepts that words in students' answers can mean; a definition's `[vocabulary]` uses their names.
//!
//! `check/answers/language/lexicon.txt` lists the words that labkit knows by itself.

macro_rules! concepts {
    ($($variant:ident $name:literal,)*) => {
        /// A meaning that words of several languages share.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Concept { $($variant,)* }

        impl Concept {
            /// The concept with a name, as in `lexicon.txt` and in a definition's `[vocabulary]`; `None` if there is
            /// none.
            pub fn named(name: &str) -> Option<Concept> {
                match name { $($name => Some(Concept::$variant),)* _ => None }
            }

            /// All names.
            pub const NAMES: &[&str] = &[$($name,)*];
        }
    };
}

concepts! {
    Host "host", Guest "guest", Client "client", Server "server", Party "party",
    First "first", Second "second", Then "then", Exchange "exchange", Both "both", All "all", They "they",
    Other "other", Not "not", NoAnswer "no-answer", Yes "yes", Except "except", Only "only", Or "or",
    Stay "stay", Change "change", Ephemeral "ephemeral", EveryTime "every-time", Port "port",
    Send "send", Receive "receive", Listen "listen", Open "open", Close "close", EndVerb "end-verb", Connection "connection",
    Confirm "confirm", Tell "tell", Message "message", Marker "marker", Payload "payload", Needs "needs",
    Packet "packet", Frame "frame", Byte "byte", Character "character",
    Before "before", After "after", Between "between", Last "last", Total "total", Conclude "conclude",
    Start "start", From "from", Because "because",
    Syn "syn", Ack "ack", Fin "fin", Psh "psh", Rst "rst", Handshake "handshake", Flag "flag", Tcp "tcp",
    Os "os", Outsider "outsider", Foreign "foreign", Code "code", Chosen "chosen", Find "find",
    Mss "mss", Mtu "mtu", Option "option", Header "header", Buffer "buffer", Fit "fit", Minus "minus",
    Limit "limit", Over "over", Higher "higher", Twice "twice",
    Sequence "sequence", Synchronise "synchronise", Zero "zero", Relative "relative", Raw "raw",
    Middle "middle", Inject "inject", Window "window", Any "any", Possible "possible", People "people",
    Mean "mean", Swap "swap", Ascii "ascii",
    Lookup "lookup", Login "login", Altered "altered", Echo "echo",
}
