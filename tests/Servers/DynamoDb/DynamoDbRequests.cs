using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>Sends requests in DynamoDB's JSON, so that what a server holds is seen as it sends it, and not as an SDK or our own reader takes it.</summary>
internal sealed class DynamoDbRequests(Uri endpoint) : IDisposable
{
    // Local servers look for a signature's form and accept any.
    private const string Signature =
        "Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";

    private readonly HttpClient _http = new() { BaseAddress = endpoint };

    /// <summary>Sends a request and gives the answer.</summary>
    /// <exception cref="InvalidOperationException">The server refused it; the message holds its answer.</exception>
    public async Task<JsonObject> SendAsync(string operation, JsonObject request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, (Uri?)null);
        message.Content = new StringContent(request.ToJsonString());
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.0");
        message.Headers.Add("X-Amz-Target", $"DynamoDB_20120810.{operation}");
        message.Headers.Add("X-Amz-Date", "20260101T000000Z");
        message.Headers.Authorization = new AuthenticationHeaderValue("AWS4-HMAC-SHA256", Signature);
        using var response = await _http.SendAsync(message);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)!.AsObject()
            : throw new InvalidOperationException($"{operation} was refused with {(int)response.StatusCode}: {text}");
    }

    public void Dispose() => _http.Dispose();
}
