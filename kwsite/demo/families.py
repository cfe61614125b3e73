"""The three families of the demo."""

from kwsite.demo.contacts import CONTACTS
from kwsite.demo.conversions import CONVERSIONS
from kwsite.demo.tickets import TICKETS

FAMILIES = (CONTACTS, TICKETS, CONVERSIONS)
