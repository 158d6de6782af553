//! Fields of the NetBIOS name service: RFC 1002, section 4.2.

use crate::field::{Field, Kind};

crate::fields! {
    FLAGS = Field::new("nbns.flags", "Flags", Kind::Uint(16)).hex();
    FLAGS_RESPONSE = Field::new("nbns.flags.response", "Response", Kind::Bool).mask(0x8000).width(16).names(&[(0, "Message is a query"), (1, "Message is a response")]);
    FLAGS_OPCODE = Field::new("nbns.flags.opcode", "Opcode", Kind::Uint(16)).mask(0x7800).names(&[(0, "Name query"), (5, "Registration"), (6, "Release"), (7, "Wait for acknowledgment"), (8, "Refresh"), (9, "Refresh (alternate opcode)"), (15, "Multi-homed registration")]);
    FLAGS_AUTHORITATIVE = Field::new("nbns.flags.authoritative", "Authoritative", Kind::Bool).mask(0x400).width(16).names(&[(0, "Server is not an authority for domain"), (1, "Server is an authority for domain")]);
    FLAGS_TRUNCATED = Field::new("nbns.flags.truncated", "Truncated", Kind::Bool).mask(0x200).width(16).names(&[(0, "Message is not truncated"), (1, "Message is truncated")]);
    FLAGS_RECDESIRED = Field::new("nbns.flags.recdesired", "Recursion desired", Kind::Bool).mask(0x100).width(16).names(&[(0, "Don't do query recursively"), (1, "Do query recursively")]);
    FLAGS_RECAVAIL = Field::new("nbns.flags.recavail", "Recursion available", Kind::Bool).mask(0x80).width(16).names(&[(0, "Server can't do recursive queries"), (1, "Server can do recursive queries")]);
    FLAGS_BROADCAST = Field::new("nbns.flags.broadcast", "Broadcast", Kind::Bool).mask(0x10).width(16).names(&[(0, "Not a broadcast packet"), (1, "Broadcast packet")]);
    FLAGS_RCODE = Field::new("nbns.flags.rcode", "Reply code", Kind::Uint(16)).mask(0xf).names(&[(0, "No error"), (1, "Request was invalidly formatted"), (2, "Server failure"), (3, "Requested name does not exist"), (4, "Request is not implemented"), (5, "Request was refused"), (6, "Name is owned by another node"), (7, "Name is in conflict")]);
    ID = Field::new("nbns.id", "Transaction ID", Kind::Uint(16)).hex();
    COUNT_QUERIES = Field::new("nbns.count.queries", "Questions", Kind::Uint(16));
    COUNT_ANSWERS = Field::new("nbns.count.answers", "Answer RRs", Kind::Uint(16));
    COUNT_AUTH_RR = Field::new("nbns.count.auth_rr", "Authority RRs", Kind::Uint(16));
    COUNT_ADD_RR = Field::new("nbns.count.add_rr", "Additional RRs", Kind::Uint(16));
    NAME_FLAGS = Field::new("nbns.name_flags", "Name flags", Kind::Uint(16)).hex();
    NAME_FLAGS_GROUP = Field::new("nbns.name_flags.group", "Name type", Kind::Bool).mask(0x8000).width(16).names(&[(0, "Unique name"), (1, "Group name")]);
    NAME_FLAGS_ONT = Field::new("nbns.name_flags.ont", "ONT", Kind::Uint(16)).mask(0x6000).names(&[(0, "B-node"), (1, "P-node"), (2, "M-node"), (3, "H-node")]);
    NAME_FLAGS_DRG = Field::new("nbns.name_flags.drg", "Name is being deregistered", Kind::Bool).mask(0x1000).width(16).names(&[(0, "No"), (1, "Yes")]);
    NAME_FLAGS_CNF = Field::new("nbns.name_flags.cnf", "Name is in conflict", Kind::Bool).mask(0x800).width(16).names(&[(0, "No"), (1, "Yes")]);
    NAME_FLAGS_ACT = Field::new("nbns.name_flags.act", "Name is active", Kind::Bool).mask(0x400).width(16).names(&[(0, "No"), (1, "Yes")]);
    NAME_FLAGS_PRM = Field::new("nbns.name_flags.prm", "Permanent node name", Kind::Bool).mask(0x200).width(16).names(&[(0, "No"), (1, "Yes")]);
    NB_FLAGS = Field::new("nbns.nb_flags", "Name flags", Kind::Uint(16)).hex();
    NB_FLAGS_GROUP = Field::new("nbns.nb_flags.group", "Name type", Kind::Bool).mask(0x8000).width(16).names(&[(0, "Unique name"), (1, "Group name")]);
    NB_FLAGS_ONT = Field::new("nbns.nb_flags.ont", "ONT", Kind::Uint(16)).mask(0x6000).names(&[(0, "B-node"), (1, "P-node"), (2, "M-node"), (3, "H-node")]);
    TYPE = Field::new("nbns.type", "Type", Kind::Uint(16)).names(&[(32, "NB"), (33, "NBSTAT")]);
    CLASS = Field::new("nbns.class", "Class", Kind::Uint(16)).names(&[(1, "IN"), (2, "CS"), (3, "CH"), (4, "HS"), (254, "NONE"), (255, "ANY")]);
    NAME = Field::new("nbns.name", "Name", Kind::Text);
    ADDR = Field::new("nbns.addr", "Addr", Kind::Ipv4);
    NUMBER_OF_NAMES = Field::new("nbns.number_of_names", "Number of names", Kind::Uint(8));
    UNIT_ID = Field::new("nbns.unit_id", "Unit ID", Kind::Mac);
    JUMPERS = Field::new("nbns.jumpers", "Jumpers", Kind::Uint(8)).hex();
    TEST_RESULT = Field::new("nbns.test_result", "Test result", Kind::Uint(8)).hex();
    VERSION_NUMBER = Field::new("nbns.version_number", "Version number", Kind::Uint(16)).hex();
    PERIOD_OF_STATISTICS = Field::new("nbns.period_of_statistics", "Period of statistics", Kind::Uint(16)).hex();
    NUM_CRCS = Field::new("nbns.num_crcs", "Number of CRCs", Kind::Uint(16));
    NUM_ALIGNMENT_ERRORS = Field::new("nbns.num_alignment_errors", "Number of alignment errors", Kind::Uint(16));
    NUM_COLLISIONS = Field::new("nbns.num_collisions", "Number of collisions", Kind::Uint(16));
    NUM_SEND_ABORTS = Field::new("nbns.num_send_aborts", "Number of send aborts", Kind::Uint(16));
    NUM_GOOD_SENDS = Field::new("nbns.num_good_sends", "Number of good sends", Kind::Uint(32));
    NUM_GOOD_RECEIVES = Field::new("nbns.num_good_receives", "Number of good receives", Kind::Uint(32));
    NUMRETRANSMITS = Field::new("nbns.numretransmits", "Number of retransmits", Kind::Uint(16));
    NUM_NO_RESOURCE_CONDITIONS = Field::new("nbns.num_no_resource_conditions", "Number of no resource conditions", Kind::Uint(16));
    NUMCOMMAND_BLOCKS = Field::new("nbns.numcommand_blocks", "Number of command blocks", Kind::Uint(16));
    NUMPENDING_SESSIONS = Field::new("nbns.numpending_sessions", "Number of pending sessions", Kind::Uint(16));
    MAX_NUM_PENDING_SESSIONS = Field::new("nbns.max_num_pending_sessions", "Max number of pending sessions", Kind::Uint(16));
    MAX_TOTAL_SESSIONS_POSSIBLE = Field::new("nbns.max_total_sessions_possible", "Max total sessions possible", Kind::Uint(16));
    SESSION_DATA_PACKET_SIZE = Field::new("nbns.session_data_packet_size", "Session data packet size", Kind::Uint(16));
    DATA = Field::new("nbns.data", "Data", Kind::Bytes);
    NETBIOS_NAME = Field::new("nbns.netbios_name", "Name", Kind::Text);
    TTL = Field::new("nbns.ttl", "Time to live", Kind::Uint(32));
    DATA_LENGTH = Field::new("nbns.data_length", "Data length", Kind::Uint(16));
}
