"""What an administrator of Microsoft 365 does about each thing that a check found wanting."""

from __future__ import annotations

from connectors.graph.meetings import grant

#: Group, scope and their names are those of docs/microsoft-365.md.
_SCOPE = '-CustomResourceScope "Rantevou mailboxes"'


def remedies(client_id: str, address: str) -> dict[str, str]:
    """By name of the finding. Commands are those of Exchange Online and Teams PowerShell."""
    app = client_id or "<application (client) id>"
    allow = (
        "In Exchange Online PowerShell, where only this mailbox is not in the scope yet: "
        f'Add-DistributionGroupMember "Rantevou mailboxes" -Member {address}; where there is no '
        "scope yet (docs/microsoft-365.md, step 3): "
        f"New-ServicePrincipal -AppId {app} -ObjectId <object id of the enterprise application> "
        '-DisplayName Rantevou; $group = (Get-DistributionGroup "Rantevou mailboxes")'
        '.DistinguishedName; New-ManagementScope -Name "Rantevou mailboxes" '
        "-RecipientRestrictionFilter \"MemberOfGroup -eq '$group'\"; "
        f'New-ManagementRoleAssignment -App {app} -Role "Application Calendars.ReadWrite" '
        f"{_SCOPE}; "
    )
    test = f"test it with Test-ServicePrincipalAuthorization -Identity {app} -Resource {address}"
    return {
        "reachable": "Check the connection's url and authority in the mapping file, name "
        "resolution, firewall, proxy and certificates (option ca_file) from this machine to "
        "graph.microsoft.com and login.microsoftonline.com.",
        "credentials": "Set the certificate or client secret again (rantevou secret set), and "
        "check 'user' (application id) and option tenant against the app registration's "
        "overview in the Entra admin center.",
        "mailbox": "Correct the mailbox's address in the mapping file; in Exchange Online "
        f"PowerShell: Get-EXOMailbox {address}. A user needs a licence with Exchange Online.",
        "clock": "Set this machine's clock by NTP: timedatectl set-ntp true.",
        "readable": f"{allow}{test}; it takes up to two hours to act.",
        "writable": f"{allow}{test}. Application Calendars.Read is not enough.",
        "private_readable": "This application does not see private events: assign the role "
        f"'Application Calendars.ReadWrite' instead of a calendar permission. {allow}{test}.",
        "meeting_link": "Give this user a licence with Microsoft Teams (Microsoft 365 admin "
        f"center > Users > Active users > Licenses and apps), and see in Teams PowerShell that "
        f"meetings are allowed: Get-CsOnlineUser {address} | Select TeamsMeetingPolicy. Until "
        "then the office has to find a link for each teleconference of this mailbox.",
        "secure_meetings": f"{grant(client_id)[0].upper()}{grant(client_id)[1:]}.",
        "working_hours": "In Exchange Online PowerShell: "
        f'New-ManagementRoleAssignment -App {app} -Role "Application MailboxSettings.Read" '
        f"{_SCOPE}; then the owner sets the hours in Outlook (Settings > "
        "Calendar > Work hours).",
        "scope": "This application reads mailboxes that it should not. In the Entra admin center "
        "> App registrations > API permissions, remove the tenant-wide permissions "
        "Calendars.ReadWrite, MailboxSettings.Read and Mail.Send with their consent; rights come "
        f"from the role assignment with its scope alone. {allow}{test}.",
    }
