/// Which release this is. `GET /version` of the router and `minimax --version` tell it.
package let productVersion = "0.1.0"
