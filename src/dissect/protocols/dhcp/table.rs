//! The shape of each plain option's value; [`super::values`] has the code for the others.

use super::fields::*;
use crate::field::Field;

/// The shape of an option's value.
pub(super) enum Shape {
    /// One IPv4 address; the option's own line shows it, too.
    Ip(&'static Field),
    /// One or more IPv4 addresses.
    Ips(&'static Field),
    /// A number or boolean as wide as the field.
    Num(&'static Field),
    /// A number of seconds.
    Secs(&'static Field),
    /// Text, up to the first zero byte.
    Text(&'static Field),
}

use Shape::*;

static SHAPES: &[(u8, Shape)] = &[
    (1, Ip(&SUBNET_MASK)),
    (2, Secs(&TIME_OFFSET)),
    (3, Ips(&ROUTER)),
    (4, Ips(&TIME_SERVER)),
    (5, Ips(&NAME_SERVER)),
    (6, Ips(&DOMAIN_NAME_SERVER)),
    (7, Ips(&LOG_SERVER)),
    (8, Ips(&QUOTES_SERVER)),
    (9, Ips(&LPR_SERVER)),
    (10, Ips(&IMPRESS_SERVER)),
    (11, Ips(&RESOURCE_LOCATION_SERVER)),
    (12, Text(&HOSTNAME)),
    (13, Num(&BOOT_FILE_SIZE)),
    (14, Text(&MERIT_DUMP_FILE)),
    (15, Text(&DOMAIN_NAME)),
    (16, Ip(&SWAP_SERVER)),
    (17, Text(&ROOT_PATH)),
    (18, Text(&EXTENSION_PATH)),
    (19, Num(&IP_FORWARDING)),
    (20, Num(&NON_LOCAL_SOURCE_ROUTING)),
    (22, Num(&MAX_DATAGRAM_REASSEMBLY_SIZE)),
    (23, Num(&DEFAULT_IP_TTL)),
    (24, Secs(&PATH_MTU_AGING_TIMEOUT)),
    (26, Num(&INTERFACE_MTU)),
    (27, Num(&ALL_SUBNETS_ARE_LOCAL)),
    (28, Ip(&BROADCAST_ADDRESS)),
    (29, Num(&PERFORM_MASK_DISCOVERY)),
    (30, Num(&MASK_SUPPLIER)),
    (31, Num(&PERFORM_ROUTER_DISCOVER)),
    (32, Ip(&ROUTER_SOLICITATION_ADDRESS)),
    (34, Num(&TRAILER_ENCAPSULATION)),
    (35, Secs(&ARP_CACHE_TIMEOUT)),
    (36, Num(&ETHERNET_ENCAPSULATION)),
    (37, Num(&TCP_DEFAULT_TTL)),
    (38, Secs(&TCP_KEEPALIVE_INTERVAL)),
    (39, Num(&TCP_KEEPALIVE_GARBAGE)),
    (40, Text(&NIS_DOMAIN)),
    (41, Ips(&NIS_SERVER)),
    (42, Ips(&NTP_SERVER)),
    (44, Ips(&NETBIOS_OVER_TCPIP_NAME_SERVER)),
    (45, Ips(&NETBIOS_OVER_TCPIP_DD_NAME_SERVER)),
    (46, Num(&NETBIOS_OVER_TCPIP_NODE_TYPE)),
    (47, Text(&NETBIOS_OVER_TCPIP_SCOPE)),
    (48, Ips(&XWINDOWS_SYSTEM_FONT_SERVER)),
    (49, Ips(&XWINDOWS_SYSTEM_DISPLAY_MANAGER)),
    (50, Ip(&REQUESTED_IP_ADDRESS)),
    (51, Secs(&IP_ADDRESS_LEASE_TIME)),
    (54, Ip(&DHCP_SERVER_ID)),
    (56, Text(&MESSAGE)),
    (57, Num(&DHCP_MAX_MESSAGE_SIZE)),
    (58, Secs(&RENEWAL_TIME_VALUE)),
    (59, Secs(&REBINDING_TIME_VALUE)),
    (64, Text(&NIS_PLUS_DOMAIN)),
    (65, Ips(&NIS_PLUS_SERVER)),
    (66, Text(&TFTP_SERVER_NAME)),
    (67, Text(&BOOTFILE_NAME)),
    (68, Ips(&MOBILE_IP_HOME_AGENT)),
    (69, Ips(&SMTP_SERVER)),
    (70, Ips(&POP3_SERVER)),
    (71, Ips(&NNTP_SERVER)),
    (72, Ips(&DEFAULT_WWW_SERVER)),
    (73, Ips(&DEFAULT_FINGER_SERVER)),
    (74, Ips(&DEFAULT_IRC_SERVER)),
    (75, Ips(&STREETTALK_SERVER)),
    (76, Ips(&STREETTALK_DA_SERVER)),
    (85, Ips(&NOVELL_DSS_IP)),
    (86, Text(&NOVELL_DS_TREE_NAME)),
    (87, Text(&NOVELL_DS_CONTEXT)),
    (92, Ips(&ASSOCIATED_IP_OPTION)),
    (100, Text(&TZ_PCODE)),
    (101, Text(&TZ_TCODE)),
    (112, Ips(&NETINFO_PARENT_SERVER_ADDRESS)),
    (113, Text(&NETINFO_PARENT_SERVER_TAG)),
    (114, Text(&CAPTIVE_PORTAL)),
    (116, Num(&DHCP_AUTO_CONFIGURATION)),
    (118, Ips(&SUBNET_SELECTION_OPTION)),
    (136, Ips(&PANA_AGENT)),
    (137, Text(&LOST_SERVER_DOMAIN_NAME)),
    (138, Ips(&CAPWAP_ACCESS_CONTROLLER)),
    (142, Ips(&ANDSF_SERVER)),
    (150, Ips(&TFTP_SERVER_ADDRESS)),
    (153, Secs(&BULK_LEASE_START_TIME_OF_STATE)),
    (156, Num(&BULK_LEASE_DHCP_STATE)),
    (160, Text(&CAPTIVE_PORTAL)),
    (161, Text(&MUDURL)),
    (209, Text(&PXE_CONFIG_FILE)),
    (210, Text(&PXE_PATH_PREFIX)),
    (252, Text(&PRIVATE_PROXY_AUTODISCOVERY)),
    (60, Text(&VENDOR_CLASS_ID)),
];

/// The shape of an option's value; `None` for options that need code, or that are unknown.
pub(super) fn shape(code: u8) -> Option<&'static Shape> {
    SHAPES.iter().find(|(c, _)| *c == code).map(|(_, shape)| shape)
}
